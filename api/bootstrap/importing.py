"""Who carries out imports, and who undoes them."""

from api.bootstrap.container import Container
from api.bootstrap.up_to_date_history import UpToDateHistory
from application.importing.import_appointments import ImportAppointmentsHandler
from application.importing.patients.import_patients import ImportPatientsHandler
from application.importing.patients.ports import PatientImportPorts
from application.importing.patients.withdrawal import PatientWithdrawal
from application.importing.practice_import import ImportPorts
from application.importing.undo_import import UndoImportHandler
from application.importing.visits.import_visits import KIND as APPOINTMENTS
from application.importing.visits.import_visits import ImportVisitsHandler
from application.importing.visits.ports import VisitPorts
from application.importing.visits.withdrawal import VisitWithdrawal
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment


def appointments_importer(container: Container) -> ImportAppointmentsHandler:
    """Return what imports appointments by a mapping, into practices of their own."""
    return ImportAppointmentsHandler(
        ImportPorts(container.logs, container.storage.keys, container.storage.stream_lookup, container.clock)
    )


def patients_importer(container: Container) -> ImportPatientsHandler:
    """Return what imports patients."""
    ports = PatientImportPorts(
        container.logs, container.storage.keys, container.storage.stream_lookup, container.patients, container.clock
    )
    return ImportPatientsHandler(ports)


def visits_importer(container: Container) -> ImportVisitsHandler:
    """Return what imports another program's appointments."""
    things, visits = container.storage.stream_lookup, container.storage.visit_lookup
    return ImportVisitsHandler(
        VisitPorts(container.logs, container.storage.keys, things, visits, container.patients, container.clock)
    )


def undoer(container: Container, kind: str) -> UndoImportHandler[Patient] | UndoImportHandler[Appointment]:
    """Return what carries out an undo of an import of this kind."""
    if kind == APPOINTMENTS:
        return UndoImportHandler(container.logs, container.clock, VisitWithdrawal(container.storage.visit_lookup))
    withdrawal = PatientWithdrawal(container.storage.keys, container.storage.stream_lookup, UpToDateHistory(container))
    return UndoImportHandler(container.logs, container.clock, withdrawal)
