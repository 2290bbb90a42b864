"""What the wait list must be told of a whole practice, which no single thing's log says."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.waitlist.preferences import WaitlistPreferences


class Waiting(NamedTuple):
    """One who waits. ``offered_before`` are the starts of the clinician's that they were offered already, in the time asked about."""

    entry_id: UUID
    patient_id: UUID
    service_id: UUID
    preferences: WaitlistPreferences
    offered_before: Sequence[datetime]


class Line(NamedTuple):
    """All who wait, in the order of joining, at a position of the log."""

    as_of: int
    waiting: Sequence[Waiting]


class WaitingLines(Protocol):
    def line(self, tenant_id: UUID, clinician_id: UUID, service_ids: Collection[UUID], during: TimeRange) -> Line:
        """Return who waits for one of these services with this clinician, or with anyone."""
        ...

    def entries_of(self, tenant_id: UUID, patient_ids: Collection[UUID]) -> Sequence[UUID]:
        """Return the entries of these patients that wait."""
        ...
