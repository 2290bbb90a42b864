"""Short ways to say what a test is given."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import OpeningHours
from domain.scheduling.availability.availability import offered
from domain.scheduling.availability.query import AvailabilityQuery, Candidate, Place, VisitRules
from domain.scheduling.time_claim import TimeClaim

CLINICIAN, HERE, THERE, ROOM_1, ROOM_2, LASER, VISITOR = (UUID(int=n) for n in range(1, 8))
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def at(text: str) -> datetime:
    """``2026-03-08T06:00`` is UTC unless an offset follows."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def between(offered_starts: str, ends: str) -> TimeRange:
    return TimeRange(at(offered_starts), at(ends))


def claim(offered_starts: str, ends: str, what: UUID = CLINICIAN, before: int = 0, after: int = 0) -> TimeClaim:
    """A visit of these times, with buffers in minutes."""
    visit = between(offered_starts, ends)
    return TimeClaim(VISITOR, what, visit.with_buffers(before, after), visit)


def hours(*weekly: str, overrides: Iterable[str] = ()) -> OpeningHours:
    return OpeningHours.parse(weekly, overrides)


def same_hours_daily(times: str, overrides: Iterable[str] = ()) -> OpeningHours:
    return hours(*(f"{day} {times}" for day in WEEK), overrides=overrides)


def place(
    opening_hours: OpeningHours, zone: str = "UTC", candidates: Sequence[Candidate] = (), location_id: UUID = HERE
) -> Place:
    return Place(location_id=location_id, zone=zone, hours=opening_hours, candidates=candidates)


def availability_query(
    *places: Place, minutes: int = 30, step: int | None = None, before: int = 0, after: int = 0, notice: int = 0,
    horizon: int = 5000, requires: tuple[str, ...] = (), busy: Sequence[TimeClaim] = (), now: str = "2020-01-01T00:00",
    is_offering: bool = True,
) -> AvailabilityQuery:  # fmt: skip
    rules = VisitRules(
        duration_minutes=minutes,
        step_minutes=step or before + minutes + after,
        buffer_before_minutes=before,
        buffer_after_minutes=after,
        minimum_notice_minutes=notice,
        horizon_days=horizon,
        requires=requires,
    )
    return AvailabilityQuery(now=at(now), rules=rules, places=places, busy=busy, is_offering=is_offering)


def offered_starts(question: AvailabilityQuery, window: TimeRange) -> list[str]:
    """The offered starts as ``2026-03-08T06:00``, in UTC."""
    return [f"{slot.starts_at:%Y-%m-%dT%H:%M}" for slot in offered(question, window)]
