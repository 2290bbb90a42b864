"""Who carries out imports, and who undoes them."""

from api.bootstrap import World
from api.in_use import UpToDateHistory
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
from domain.scheduling.appointment import Appointment


def appointments_importer(world: World) -> ImportAppointmentsHandler:
    """Return what imports appointments by a mapping, into practices of their own."""
    return ImportAppointmentsHandler(ImportPorts(world.logs, world.keys, world.recorded_things, world.clock))


def patients_importer(world: World) -> ImportPatientsHandler:
    """Return what imports patients."""
    ports = PatientImportPorts(world.logs, world.keys, world.recorded_things, world.patients, world.clock)
    return ImportPatientsHandler(ports)


def visits_importer(world: World) -> ImportVisitsHandler:
    """Return what imports another program's appointments."""
    things, visits = world.recorded_things, world.recorded_visits
    return ImportVisitsHandler(VisitPorts(world.logs, world.keys, things, visits, world.patients, world.clock))


def undoer(world: World, kind: str) -> UndoImportHandler[Patient] | UndoImportHandler[Appointment]:
    """Return what carries out an undo of an import of this kind."""
    if kind == APPOINTMENTS:
        return UndoImportHandler(world.logs, world.clock, VisitWithdrawal(world.recorded_visits))
    withdrawal = PatientWithdrawal(world.keys, world.recorded_things, UpToDateHistory(world))
    return UndoImportHandler(world.logs, world.clock, withdrawal)
