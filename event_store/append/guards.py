"""Append guards as rows for PostgreSQL: an encoder and the errors for each type of guard.

The check of each kind is in event_store/sql/append.sql, under the number given here. A new guard is a
new type in application/kernel/conditions.py, a kind here and a check there.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from domain.kernel.presence import PresenceChange, PresenceGuard
from domain.kernel.time_range import TimeRange
from domain.patients.errors import PatientWithdrawnError
from domain.scheduling.availability.query import Period
from domain.scheduling.availability.quotas import LimitGuard
from domain.scheduling.errors import DailyLimitError, TimeTakenError, WeeklyLimitError
from domain.scheduling.time_claim import TimeClaim, TimeRelease
from event_store.append.binary import boolean, identifier, instant, integer, row, small_integer

REFUSALS: Final[Mapping[str, type[Exception]]] = {
    "taken": TimeTakenError,
    "full_day": DailyLimitError,
    "full_week": WeeklyLimitError,
    "absent": PatientWithdrawnError,
}
"""The error of each outcome with which log.append refuses a guard."""


class GuardRow(NamedTuple):
    """The columns of log.append_guard, after the tenant."""

    kind: int
    subject: UUID | None = None
    holder: UUID | None = None
    during: TimeRange | None = None
    visit: TimeRange | None = None
    service: UUID | None = None
    expires_at: datetime | None = None
    amount: int | None = None
    flag: bool | None = None


def _claim(guard: TimeClaim) -> GuardRow:
    return GuardRow(
        1,
        guard.what,
        guard.holder_id,
        guard.during,
        guard.visit,
        guard.service_id,
        guard.expires_at,
        amount=1 if guard.pending else None,
        flag=guard.beside,
    )


def _release(guard: TimeRelease) -> GuardRow:
    return GuardRow(2, holder=guard.holder_id)


def _limit(guard: LimitGuard) -> GuardRow:
    quota = guard.quota
    kind = 3 if quota.period is Period.DAY else 4
    return GuardRow(kind, guard.clinician_id, during=guard.within, service=quota.service_id, amount=quota.most)


def _present(guard: PresenceGuard) -> GuardRow:
    return GuardRow(5, guard.subject_id)


def _presence(guard: PresenceChange) -> GuardRow:
    return GuardRow(6, guard.subject_id, flag=guard.is_present)


_ROWS: Final[Mapping[type, Callable[[Any], GuardRow]]] = {
    TimeClaim: _claim,
    TimeRelease: _release,
    LimitGuard: _limit,
    PresenceGuard: _present,
    PresenceChange: _presence,
}


def encoded(tenant: bytes, guard: object) -> bytes:
    """Return a guard as a row of log.append_guard. Raises KeyError: a type that is no guard."""
    (kind, subject, holder, during, visit, service, expires_at, amount, flag) = _ROWS[type(guard)](guard)
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
