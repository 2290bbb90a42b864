"""Wire the imports and their undo."""

from api.bootstrap.container import Container
from api.bootstrap.up_to_date_history import UpToDateHistory
from application.importing.ports import ImportPorts
from application.importing.undo import PatientWithdrawal, UndoImportHandler, VisitWithdrawal


def import_ports(container: Container) -> ImportPorts:
    storage = container.storage
    return ImportPorts(
        container.logs, storage.keys, storage.stream_lookup, storage.visit_lookup, container.patients, container.clock
    )


def import_undo(container: Container) -> UndoImportHandler:
    storage = container.storage
    patients = PatientWithdrawal(storage.keys, storage.stream_lookup, UpToDateHistory(container))
    return UndoImportHandler(container.logs, container.clock, [patients, VisitWithdrawal(storage.visit_lookup)])
