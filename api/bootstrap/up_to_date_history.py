"""Which patients are in use, after the history and the wait list have caught up."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from api.bootstrap.container import Container

_MOST_ENTRIES: Final = 100_000


class UpToDateHistory:
    """Implements application.importing.ports.PatientsInUse."""

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
        entries, _ = self._container.waitlist.queries.entries(tenant_id, patient_ids=patient_ids, limit=_MOST_ENTRIES)
        return in_use | {entry.patient_id for entry in entries}
