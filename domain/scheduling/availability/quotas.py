"""Limits on a clinician's visits per day and week: counting, full periods, and guards of an append.

Days and weeks (Monday to Sunday) are those of the clinician's zone; a visit belongs to the day on
which it starts. Counted are claims with a service and without expiry: no holds and no imported busy
time. A practice setting decides whether pending visits (holds and requests) count as well.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from math import floor
from typing import NamedTuple
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.open_periods import day_of, instant
from domain.scheduling.availability.query import AvailabilityQuery, Period, Quota
from domain.scheduling.time_claim import TimeClaim, pending_key


class FullPeriod(NamedTuple):
    """A day or week whose quota is used up, as half-open seconds since 1970."""

    begins: int
    ends: int
    quota: Quota


class LimitGuard(NamedTuple):
    """An append condition: fewer than ``most`` visits of a clinician start within a range.

    ``clinician_id`` may also be a ``pending_key``.
    """

    clinician_id: UUID
    within: TimeRange
    quota: Quota


def visit_claims(claims: Iterable[TimeClaim], service_id: UUID | None = None) -> Iterator[TimeClaim]:
    """Yield the claims that are visits, of one service or of any."""
    for claim in claims:
        if (
            claim.service_id is not None
            and claim.expires_at is None
            and (service_id is None or claim.service_id == service_id)
        ):
            yield claim


def claims_counted(query: AvailabilityQuery, quota: Quota) -> Iterator[TimeClaim]:
    """Yield the claims that count towards a quota, in any period."""
    yield from visit_claims(query.busy, quota.service_id)
    yield from (claim for claim in query.pending if quota.service_id in (None, claim.service_id))


def visits_by_day(query: AvailabilityQuery) -> Counter[int]:
    """Return the number of visits by ordinal of the civil date in the clinician's zone."""
    return Counter(day_of(query.zone, _start(claim)) for claim in visit_claims(query.busy))


def full_periods(query: AvailabilityQuery) -> list[FullPeriod]:
    """Return the days and weeks in which a quota is used up, days first."""
    found = []
    for quota in sorted(query.quotas, key=lambda quota: quota.period):
        visits = Counter(
            first_day(quota.period, day_of(query.zone, _start(claim))) for claim in claims_counted(query, quota)
        )
        found += [
            FullPeriod(*_bounds(query.zone, quota.period, day), quota)
            for day, number in visits.items()
            if number >= quota.most
        ]
    return found


def guards_with_pending(guards: Iterable[LimitGuard], pending: Sequence[TimeClaim]) -> list[LimitGuard]:
    """Return the guards if pending visits count.

    Pending visits that were read reduce the room, and a second guard allows no further requests. A
    hold placed concurrently is not detected; its booking is then refused.
    """
    found = []
    for guard in guards:
        quota, within = guard.quota, guard.within
        seen = [
            claim
            for claim in pending
            if quota.service_id in (None, claim.service_id)
            and within.starts_at <= claim.visit.starts_at < within.ends_at
        ]
        requests = sum(claim.expires_at is None for claim in seen)
        found.append(guard._replace(quota=quota._replace(most=quota.most - len(seen))))
        found.append(LimitGuard(pending_key(guard.clinician_id), within, quota._replace(most=requests + 1)))
    return found


def period_around(zone: str, period: Period, moment: datetime) -> TimeRange:
    """Return the day or week of a zone that contains a moment."""
    begins, ends = _bounds(zone, period, first_day(period, day_of(zone, floor(moment.timestamp()))))
    return TimeRange(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC))


def first_day(period: Period, day: int) -> int:
    """Return the ordinal of the first date of the period: the date itself, or its Monday."""
    return day if period is Period.DAY else day - (day + 6) % 7


def _bounds(zone: str, period: Period, first: int) -> tuple[int, int]:
    return instant(zone, first, 0), instant(zone, first + (1 if period is Period.DAY else 7), 0)


def _start(claim: TimeClaim) -> int:
    return floor(claim.visit.starts_at.timestamp())
