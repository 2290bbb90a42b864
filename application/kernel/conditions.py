"""Guards of an append: conditions and changes in its transaction.

Each type of guard has its encoder and its error in event_store/append/guards.py, and its check in
event_store/sql/append.sql.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from domain.kernel.aggregate import Aggregate
from domain.kernel.presence import PresenceChange, PresenceGuard
from domain.patients.patient import Patient
from domain.scheduling.availability.quotas import LimitGuard
from domain.scheduling.time_claim import FreeTimeGuard, TimeClaim, TimeRelease

Guard: TypeAlias = TimeClaim | TimeRelease | FreeTimeGuard | LimitGuard | PresenceGuard | PresenceChange
"""Time to claim or to release first, time that must be free, a limit that must not be full, a
subject that must not be absent, and one that is absent or present from this append on: a patient
who is withdrawn or erased, an owner's revoked key."""


def presence_changes(aggregates: Iterable[Aggregate]) -> Iterator[PresenceChange]:
    """Yield the presence changes that the pending events of patients imply."""
    for aggregate in aggregates:
        for event in aggregate.pending_events if isinstance(aggregate, Patient) else ():
            if isinstance(event, Patient.Withdrawn | Patient.Reinstated | Patient.WasErased):
                yield PresenceChange(aggregate.id, isinstance(event, Patient.Reinstated))
