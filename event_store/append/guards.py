"""Append guards as rows for PostgreSQL, and the errors with which log.append refuses.

The check of each kind is in event_store/sql/append.sql, under the number given here. A new guard is
a new type in application/kernel/conditions.py, a case here and a check there.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.kernel.presence import PresenceChange, PresenceGuard
from domain.kernel.provenance import CommandRepeatedError
from domain.kernel.time_range import TimeRange
from domain.patients.errors import PatientWithdrawnError
from domain.scheduling.availability.query import Period
from domain.scheduling.availability.quotas import LimitGuard
from domain.scheduling.errors import DailyLimitError, TimeTakenError, WeeklyLimitError
from domain.scheduling.time_claim import FreeTimeGuard, TimeClaim, TimeRelease
from event_store.append.binary import boolean, identifier, instant, integer, row, small_integer
from event_store.errors import LogDamagedError, StaleStreamError, UnknownPracticeError

REFUSALS: Final[Mapping[str, type[Exception]]] = {
    "unknown_practice": UnknownPracticeError,
    "damaged": LogDamagedError,
    "repeated": CommandRepeatedError,
    "stale": StaleStreamError,
    "taken": TimeTakenError,
    "full_day": DailyLimitError,
    "full_week": WeeklyLimitError,
    "absent": PatientWithdrawnError,
}
"""The error of each outcome with which log.append refuses."""


def encode_guard(tenant: bytes, guard: object) -> bytes:
    """Return a guard as a row of log.append_guard. Raises TypeError: not a guard."""
    match guard:
        case TimeClaim(holder_id, what, during, visit, service_id, expires_at, beside, pending):
            amount = 1 if pending else None
            return _encode(tenant, 1, what, holder_id, during, visit, service_id, expires_at, amount, beside)
        case TimeRelease():
            return _encode(tenant, 2, guard.what, guard.holder_id)
        case LimitGuard(quota=quota):
            kind = 3 if quota.period is Period.DAY else 4
            return _encode(
                tenant, kind, guard.clinician_id, during=guard.within, service=quota.service_id, amount=quota.most
            )
        case PresenceGuard():
            return _encode(tenant, 5, guard.subject_id)
        case PresenceChange():
            return _encode(tenant, 6, guard.subject_id, flag=guard.is_present)
        case FreeTimeGuard():
            return _encode(tenant, 7, guard.what, during=guard.during)
        case _:
            raise TypeError(f"{type(guard).__name__} is not a guard")


def _encode(
    tenant: bytes,
    kind: int,
    subject: UUID | None = None,
    holder: UUID | None = None,
    during: TimeRange | None = None,
    visit: TimeRange | None = None,
    service: UUID | None = None,
    expires_at: datetime | None = None,
    amount: int | None = None,
    flag: bool | None = None,
) -> bytes:
    return row(
        identifier(tenant),
        small_integer(kind),
        identifier(subject.bytes if subject else None),
        identifier(holder.bytes if holder else None),
        instant(during.starts_at if during else None),
        instant(during.ends_at if during else None),
        instant(visit.starts_at if visit else None),
        instant(visit.ends_at if visit else None),
        identifier(service.bytes if service else None),
        instant(expires_at),
        integer(amount),
        boolean(flag),
    )
