"""Wire the imports and their undo."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from api.bootstrap.container import Container
from application.importing.ports import ImportPorts
from application.importing.undo import PatientWithdrawal, UndoImportHandler, VisitWithdrawal

_MAX_ENTRIES: Final = 100_000


def import_ports(container: Container) -> ImportPorts:
    storage = container.storage
    return ImportPorts(
        container.logs, storage.keys, storage.stream_lookup, storage.visit_lookup, container.patients, container.clock
    )


def import_undo(container: Container) -> UndoImportHandler:
    storage = container.storage
    patients = PatientWithdrawal(storage.keys, storage.stream_lookup, UpToDateUsage(container))
    return UndoImportHandler(container.logs, container.clock, [patients, VisitWithdrawal(storage.visit_lookup)])


class UpToDateUsage:
    """Implements PatientsInUse with the history and the wait list, once they have caught up."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._reached = 0

    def taking_part(self, tenant_id: UUID, patient_ids: Sequence[UUID]) -> set[UUID]:
        position = self._container.logs.of(tenant_id).reader.position()
        if position > self._reached:
            self._container.read_models.catch_up(tenant_id)
            self._reached = position
        in_use = self._container.audit.history.taking_part(tenant_id, patient_ids)
        if not patient_ids:
            return in_use
        entries, _ = self._container.waitlist.queries.entries(tenant_id, patient_ids=patient_ids, limit=_MAX_ENTRIES)
        return in_use | {entry.patient_id for entry in entries}
