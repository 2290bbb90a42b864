"""How many visits a clinician has on a day or in a week, and where the limits are reached.

Days and weeks are those of the clinician's zone, a week from Monday to Sunday; a visit belongs to the day on which it starts. What is
counted are claims for a service that do not expire: a hold is no visit yet, and busy time of another kind is none at all. Whether
what is pending counts too, holds and requests, is for the practice to say.
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
    """Seconds since 1970 of a day or week, from its first moment until just before the next, in which a quota is used up."""

    begins: int
    ends: int
    quota: Quota


class LimitGuard(NamedTuple):
    """What an append has to look at once more: whether fewer than ``most`` visits of a clinician start within a time.

    The id may also be that under which pending visits are claimed: ``pending_key``.
    """

    clinician_id: UUID
    within: TimeRange
    quota: Quota


def counted(claims: Iterable[TimeClaim], service_id: UUID | None = None) -> Iterator[TimeClaim]:
    """Yield the claims that are visits: of one service, or of any."""
    for claim in claims:
        if (
            claim.service_id is not None
            and claim.expires_at is None
            and (service_id is None or claim.service_id == service_id)
        ):
            yield claim


def toward(question: AvailabilityQuery, quota: Quota) -> Iterator[TimeClaim]:
    """Yield the claims that count toward a quota, whenever they are."""
    yield from counted(question.busy, quota.service_id)
    yield from (claim for claim in question.pending if quota.service_id in (None, claim.service_id))


def visits_by_day(question: AvailabilityQuery) -> Counter[int]:
    """Return how many visits the clinician has, by the ordinal of the civil date in their zone."""
    return Counter(day_of(question.zone, _start(claim)) for claim in counted(question.busy))


def full_periods(question: AvailabilityQuery) -> list[FullPeriod]:
    """Return every day and week in which a quota is used up, the days first."""
    found = []
    for quota in sorted(question.quotas, key=lambda quota: quota.period):
        visits = Counter(
            first_day(quota.period, day_of(question.zone, _start(claim))) for claim in toward(question, quota)
        )
        found += [
            FullPeriod(*_bounds(question.zone, quota.period, day), quota)
            for day, number in visits.items()
            if number >= quota.most
        ]
    return found


def caps_of(quotas: Iterable[Quota], clinician_id: UUID, zone: str, starts_at: datetime) -> list[LimitGuard]:
    """Return what must still hold when a visit that starts then is recorded; nothing where there are no quotas."""
    return [LimitGuard(clinician_id, period_around(zone, quota.period, starts_at), quota) for quota in quotas]


def caps_with_pending(caps: Iterable[LimitGuard], pending: Sequence[TimeClaim]) -> list[LimitGuard]:
    """Return the caps where pending visits count: those that were seen leave less room, and there may be no more requests than were seen.

    A hold that is placed at the same moment is not seen: it may be one too many, and its booking is then refused.
    """
    found = []
    for cap in caps:
        quota, within = cap.quota, cap.within
        seen = [
            claim
            for claim in pending
            if quota.service_id in (None, claim.service_id)
            and within.starts_at <= claim.visit.starts_at < within.ends_at
        ]
        requests = sum(claim.expires_at is None for claim in seen)
        found.append(cap._replace(quota=quota._replace(most=quota.most - len(seen))))
        found.append(LimitGuard(pending_key(cap.clinician_id), within, quota._replace(most=requests + 1)))
    return found


def period_around(zone: str, period: Period, moment: datetime) -> TimeRange:
    """Return the day or week of a zone that holds a moment."""
    begins, ends = _bounds(zone, period, first_day(period, day_of(zone, floor(moment.timestamp()))))
    return TimeRange(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC))


def first_day(period: Period, day: int) -> int:
    """Return the ordinal of the period's first date: the date itself, or the Monday at or before it."""
    return day if period is Period.DAY else day - (day + 6) % 7


def _bounds(zone: str, period: Period, first: int) -> tuple[int, int]:
    return instant(zone, first, 0), instant(zone, first + (1 if period is Period.DAY else 7), 0)


def _start(claim: TimeClaim) -> int:
    return floor(claim.visit.starts_at.timestamp())
