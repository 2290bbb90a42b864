"""All reasons why a time cannot be booked, not only the first.

``obstacles`` is empty exactly if ``slot_at`` finds a slot, which it calls first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import floor
from typing import Final, NamedTuple
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.practice.dated_hours import DatedHours
from domain.scheduling.availability.availability import patient_visits, slot_at
from domain.scheduling.availability.free_starts import free_starts, horizon_ends, last_start
from domain.scheduling.availability.open_periods import day_of
from domain.scheduling.availability.query import AvailabilityQuery, Period, Place
from domain.scheduling.availability.quotas import claims_counted, full_periods
from domain.scheduling.availability.resource_allocation import allocated, needs
from domain.scheduling.errors import (
    BeyondHorizonError,
    BufferOverlapError,
    BusyElsewhereError,
    ClinicianLeftError,
    ClinicianNotOfferingError,
    DailyLimitError,
    InThePastError,
    MinimumNoticeError,
    NotOnGridError,
    OtherWeekError,
    OutsideHoursError,
    PatientBusyError,
    ResourceUnavailableError,
    SchedulingError,
    TimeTakenError,
    WeeklyLimitError,
)
from domain.scheduling.time_claim import TimeClaim

PATIENT_BUSY: Final = "the patient has another visit at this time"


class ObstacleCause(StrEnum):
    """The kind of data that an obstacle follows from."""

    CLOCK = "clock"
    SERVICE = "service"
    HOURS = "hours"
    HOLIDAYS = "holidays"
    TIME_OFF = "time_off"
    LEAVING = "leaving"
    SERVICE_LIMIT = "service_limit"
    CLINICIAN_LIMIT = "clinician_limit"
    VISITS = "visits"
    BUSY_TIME = "busy_time"
    RESOURCE = "resource"
    OUT_OF_SERVICE = "out_of_service"
    PATIENT = "patient"
    PATIENT_VISITS = "patient_visits"


class Obstacle(NamedTuple):
    """One reason; ``code`` is an error code, ``time_off`` or ``public_holiday``.

    ``stream_id``: the room, device or patient of a booked visit that it is about.
    """

    code: str
    detail: str
    cause: ObstacleCause
    location_id: UUID | None = None
    claims: Sequence[TimeClaim] = ()
    stream_id: UUID | None = None


def obstacles(query: AvailabilityQuery, starts_at: datetime) -> list[Obstacle]:
    """Return all reasons why no visit can start then. Raises InvalidValueError: no offset."""
    try:
        slot_at(query, starts_at)
    except SchedulingError as refusal:
        found = [
            *_of_the_service(query, starts_at),
            *_of_places(query, starts_at),
            *_of_time(query, starts_at),
        ]
        return found or [Obstacle(refusal.code, str(refusal), ObstacleCause.SERVICE)]
    return []


def absences(query: AvailabilityQuery, during: TimeRange) -> list[Obstacle]:
    """Return why the clinician is absent during a booked visit.

    They have left, or because of hours, public holidays and time off.

    Ignores notice, grid, claims and limits.
    """
    minutes = max(1, -(-int(during.duration.total_seconds()) // 60))
    rules = replace(query.rules, duration_minutes=minutes)
    alone = replace(query, rules=rules)
    starts_at = during.starts_at
    return [*_of_leaving(alone, starts_at), *_of_hours(alone, starts_at), *_of_time_off(alone, starts_at)]


def _of_the_service(query: AvailabilityQuery, starts_at: datetime) -> Iterator[Obstacle]:
    if not query.is_offering:
        yield _obstacle(ClinicianNotOfferingError, ObstacleCause.SERVICE)
    yield from _of_leaving(query, starts_at)
    if starts_at < query.now:
        yield _obstacle(InThePastError, ObstacleCause.CLOCK)
    elif starts_at < query.now + timedelta(minutes=query.rules.minimum_notice_minutes):
        yield _obstacle(MinimumNoticeError, ObstacleCause.SERVICE)


def _of_leaving(query: AvailabilityQuery, starts_at: datetime) -> Iterator[Obstacle]:
    if floor(starts_at.timestamp()) > last_start(query):
        yield _obstacle(ClinicianLeftError, ObstacleCause.LEAVING)


def _of_places(query: AvailabilityQuery, starts_at: datetime) -> Iterator[Obstacle]:
    start = floor(starts_at.timestamp())
    yield from _of_hours(query, starts_at)
    if start % 60 or starts_at.microsecond:
        yield _obstacle(NotOnGridError, ObstacleCause.SERVICE)
        return
    for place in query.places:
        if start >= horizon_ends(query, place):
            yield _obstacle(BeyondHorizonError, ObstacleCause.SERVICE, place)
        elif _is_open(query, place, start, 1) and not _is_open(query, place, start, query.rules.step_minutes):
            yield _obstacle(NotOnGridError, ObstacleCause.SERVICE, place)
        for need in needs(place, query.rules, ()) or ():
            if not any(allocated(range(start, start + 1), [need])):
                busy = [
                    claim
                    for candidate in place.candidates
                    if candidate.kind == need.kind
                    for claim in _overlapping(query, candidate.busy, starts_at)
                ]
                missing = ResourceUnavailableError(need.kind)
                yield Obstacle(missing.code, str(missing), ObstacleCause.SERVICE, place.location_id, busy)
                yield from _out_of_service(query, place, need.kind, starts_at)


def _out_of_service(query: AvailabilityQuery, place: Place, kind: str, starts_at: datetime) -> Iterator[Obstacle]:
    reach = _reach(query, starts_at)
    for candidate in place.candidates:
        if candidate.kind == kind and any(during.overlaps(reach) for during in candidate.out_of_service):
            detail, cause = f"a {kind} is out of service", ObstacleCause.OUT_OF_SERVICE
            yield Obstacle(
                ResourceUnavailableError.code, detail, cause, location_id=place.location_id, stream_id=candidate.id
            )


def _of_hours(query: AvailabilityQuery, starts_at: datetime) -> Iterator[Obstacle]:
    start = floor(starts_at.timestamp())
    if not query.places:
        yield _obstacle(OutsideHoursError, ObstacleCause.HOURS)
    for place in query.places:
        if _is_open(query, place, start - start % 60, 1):
            continue
        day = day_of(place.zone, start)
        if isinstance(place.hours, DatedHours) and place.hours.closes(day):
            yield Obstacle(
                "public_holiday",
                "the location is closed on this public holiday",
                ObstacleCause.HOLIDAYS,
                place.location_id,
            )
        else:
            kind = OtherWeekError if place.hours.alternates(day) else OutsideHoursError
            yield _obstacle(kind, ObstacleCause.HOURS, place)


def _of_time(query: AvailabilityQuery, starts_at: datetime) -> Iterator[Obstacle]:
    start = floor(starts_at.timestamp())
    yield from _of_time_off(query, starts_at)
    visit = TimeRange(starts_at, starts_at + timedelta(minutes=query.rules.duration_minutes))
    for claim in _overlapping(query, query.busy, starts_at):
        kind = TimeTakenError if claim.visit.overlaps(visit) else BufferOverlapError
        if claim.is_elsewhere:
            kind = BusyElsewhereError
        yield _obstacle(kind, ObstacleCause.BUSY_TIME if claim.is_elsewhere else ObstacleCause.VISITS)._replace(
            claims=[claim]
        )
    for full in full_periods(query):
        if full.begins <= start < full.ends:
            limit = DailyLimitError if full.quota.period is Period.DAY else WeeklyLimitError
            cause = ObstacleCause.SERVICE_LIMIT if full.quota.service_id else ObstacleCause.CLINICIAN_LIMIT
            visits = [
                claim
                for claim in claims_counted(query, full.quota)
                if full.begins <= claim.visit.starts_at.timestamp() < full.ends
            ]
            yield _obstacle(limit, cause)._replace(claims=visits)
    if others := patient_visits(query, starts_at):
        yield Obstacle(PatientBusyError.code, PATIENT_BUSY, ObstacleCause.PATIENT_VISITS, claims=others)


def _of_time_off(query: AvailabilityQuery, starts_at: datetime) -> Iterator[Obstacle]:
    visit = TimeRange(starts_at, starts_at + timedelta(minutes=query.rules.duration_minutes))
    for away in query.time_off:
        if away.overlaps(visit):
            yield Obstacle("time_off", "the clinician is off", ObstacleCause.TIME_OFF)


def _overlapping(query: AvailabilityQuery, claims: Sequence[TimeClaim], starts_at: datetime) -> list[TimeClaim]:
    reach = _reach(query, starts_at)
    return [claim for claim in claims if claim.during.overlaps(reach)]


def _reach(query: AvailabilityQuery, starts_at: datetime) -> TimeRange:
    """Return the visit with its buffers."""
    reach = query.rules.reach(TimeRange(starts_at, starts_at + timedelta(microseconds=1)))
    return TimeRange(reach.starts_at, reach.ends_at - timedelta(microseconds=1))


def _is_open(query: AvailabilityQuery, place: Place, start: int, step_minutes: int) -> bool:
    """Whether the visit is within the hours of the place and on the grid."""
    rules = replace(query.rules, step_minutes=step_minutes, minimum_notice_minutes=0, horizon_days=2, requires=())
    now = datetime.fromtimestamp(start, UTC)
    bare = AvailabilityQuery(now=now, rules=rules, places=[place])
    return bool(free_starts(bare, start, start + 1))


def _obstacle(refusal: type[SchedulingError], cause: ObstacleCause, place: Place | None = None) -> Obstacle:
    return Obstacle(refusal.code, refusal.message, cause, place.location_id if place else None)
