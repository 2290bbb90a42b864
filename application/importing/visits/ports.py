"""What an import of appointments needs from outside beside the practice's log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from application.importing.patients.ports import Directory, PersonKeys
from application.importing.ports import StreamLookup
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from domain.patients.origin import Origin


class VisitLookup(Protocol):
    """Tells what a practice's log knows of many visits, in few round trips. Of committed facts only."""

    def origins(self, tenant_id: UUID, appointment_ids: Sequence[UUID]) -> Mapping[UUID, Origin]:
        """Return those that were ever booked."""
        ...

    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """Return which visits of an import stand, and which were taken back since it ran last; both in the order of the log."""
        ...

    def changed_since(self, tenant_id: UUID, import_id: UUID, appointment_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return those for which anything was recorded that the import did not."""
        ...


@dataclass(frozen=True, slots=True)
class VisitPorts:
    """What an import of appointments works with."""

    logs: PracticeLogs
    keys: PersonKeys
    things: StreamLookup
    visits: VisitLookup
    directory: Directory
    clock: Clock
