"""Queries of the wait list of a practice."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.waitlist.preferences import WaitlistPreferences


class Waiting(NamedTuple):
    """A waiting entry; ``offered_before`` are starts in the queried time that it was offered."""

    entry_id: UUID
    patient_id: UUID
    service_id: UUID
    preferences: WaitlistPreferences
    offered_before: Sequence[datetime]


class Line(NamedTuple):
    """The entries that wait, in the order of joining, at a position of the log."""

    as_of: int
    waiting: Sequence[Waiting]


class WaitingLines(Protocol):
    def line(self, tenant_id: UUID, clinician_id: UUID, service_ids: Collection[UUID], during: TimeRange) -> Line:
        """Return the entries for one of these services with this clinician, or with any."""
        ...

    def entries_of(
        self, tenant_id: UUID, patient_ids: Collection[UUID], *, at_least: int | None = None
    ) -> Sequence[UUID]:
        """Return the waiting entries of these patients.

        ``at_least``: wait, at most two seconds, until the read model has reached this position.
        Raises ProjectionError: it has not.
        """
        ...
