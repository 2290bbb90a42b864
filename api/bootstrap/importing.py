"""Wire the imports and their undo."""

from api.bootstrap.container import Container
from api.bootstrap.up_to_date_history import UpToDateHistory
from application.importing.patients.import_patients import ImportPatientsHandler
from application.importing.patients.undo import PatientWithdrawal
from application.importing.ports import ImportPorts
from application.importing.undo import UndoImportHandler
from application.importing.visits.import_visits import KIND as APPOINTMENTS
from application.importing.visits.import_visits import ImportVisitsHandler
from application.importing.visits.undo import VisitWithdrawal
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment


def patients_importer(container: Container) -> ImportPatientsHandler:
    return ImportPatientsHandler(_ports(container))


def visits_importer(container: Container) -> ImportVisitsHandler:
    return ImportVisitsHandler(_ports(container))


def undoer(container: Container, kind: str) -> UndoImportHandler[Patient] | UndoImportHandler[Appointment]:
    """Return the handler that undoes imports of this kind."""
    if kind == APPOINTMENTS:
        return UndoImportHandler(container.logs, container.clock, VisitWithdrawal(container.storage.visit_lookup))
    withdrawal = PatientWithdrawal(container.storage.keys, container.storage.stream_lookup, UpToDateHistory(container))
    return UndoImportHandler(container.logs, container.clock, withdrawal)


def _ports(container: Container) -> ImportPorts:
    return ImportPorts(
        container.logs,
        container.storage.keys,
        container.storage.stream_lookup,
        container.storage.visit_lookup,
        container.patients,
        container.clock,
    )
