"""Why a time cannot be booked: every rule and every claim that rules it out, not just the first.

``obstacles`` is empty exactly where ``slot_at`` finds a slot, because it asks that first. Then it looks at each rule by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import floor
from typing import NamedTuple
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.practice.dated_hours import DatedHours
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.free_starts import free_starts, horizon_ends
from domain.scheduling.availability.open_periods import day_of
from domain.scheduling.availability.query import AvailabilityQuery, Period, Place
from domain.scheduling.availability.quotas import full_periods, toward
from domain.scheduling.availability.resource_allocation import allotted, needs
from domain.scheduling.errors import (
    BeyondHorizonError,
    BufferOverlapError,
    BusyElsewhereError,
    ClinicianNotOfferingError,
    DailyLimitError,
    InThePastError,
    MinimumNoticeError,
    NotOnGridError,
    OutsideHoursError,
    ResourceUnavailableError,
    SchedulingError,
    TimeTakenError,
    WeeklyLimitError,
)
from domain.scheduling.time_claim import TimeClaim


class ObstacleCause(StrEnum):
    """What an obstacle follows from: whose facts say so."""

    CLOCK = "clock"
    SERVICE = "service"
    HOURS = "hours"
    HOLIDAYS = "holidays"
    TIME_OFF = "time_off"
    SERVICE_LIMIT = "service_limit"
    CLINICIAN_LIMIT = "clinician_limit"
    VISITS = "visits"
    BUSY_TIME = "busy_time"


class Obstacle(NamedTuple):
    """One reason. ``code`` is that of the refusal, ``time_off`` or ``public_holiday``; ``claims`` are the busy times behind it."""

    code: str
    detail: str
    grounds: ObstacleCause
    location_id: UUID | None = None
    claims: Sequence[TimeClaim] = ()


def obstacles(question: AvailabilityQuery, starts_at: datetime) -> list[Obstacle]:
    """Return every reason why no visit can start then; none where one can. Raises InvalidValueError: no offset."""
    try:
        slot_at(question, starts_at)
    except SchedulingError as refusal:
        found = [
            *_of_the_service(question, starts_at),
            *_of_places(question, starts_at),
            *_of_time(question, starts_at),
        ]
        return found or [Obstacle(refusal.code, str(refusal), ObstacleCause.SERVICE)]
    return []


def absences(question: AvailabilityQuery, during: TimeRange) -> list[Obstacle]:
    """Return why the clinician is absent for part of a time: hours, public holidays, time off.

    It is the question of a visit that is already booked: notice, grid, claims and limits are no matter.
    """
    minutes = max(1, -(-int(during.duration.total_seconds()) // 60))
    rules = replace(question.rules, duration_minutes=minutes)
    alone = replace(question, rules=rules)
    return [*_of_hours(alone, during.starts_at), *_of_time_off(alone, during.starts_at)]


def _of_the_service(question: AvailabilityQuery, starts_at: datetime) -> Iterator[Obstacle]:
    if not question.is_offering:
        yield _said(ClinicianNotOfferingError, ObstacleCause.SERVICE)
    if starts_at < question.now:
        yield _said(InThePastError, ObstacleCause.CLOCK)
    elif starts_at < question.now + timedelta(minutes=question.rules.minimum_notice_minutes):
        yield _said(MinimumNoticeError, ObstacleCause.SERVICE)


def _of_places(question: AvailabilityQuery, starts_at: datetime) -> Iterator[Obstacle]:
    start = floor(starts_at.timestamp())
    yield from _of_hours(question, starts_at)
    if start % 60 or starts_at.microsecond:
        yield _said(NotOnGridError, ObstacleCause.SERVICE)
        return
    for place in question.places:
        if start >= horizon_ends(question, place):
            yield _said(BeyondHorizonError, ObstacleCause.SERVICE, place)
        elif _is_open(question, place, start, 1) and not _is_open(question, place, start, question.rules.step_minutes):
            yield _said(NotOnGridError, ObstacleCause.SERVICE, place)
        for need in needs(place, question.rules, ()) or ():
            if not any(allotted(range(start, start + 1), [need])):
                busy = [
                    claim
                    for candidate in place.candidates
                    if candidate.kind == need.kind
                    for claim in _overlapping(question, candidate.busy, starts_at)
                ]
                missing = ResourceUnavailableError(need.kind)
                yield Obstacle(missing.code, str(missing), ObstacleCause.SERVICE, place.location_id, busy)


def _of_hours(question: AvailabilityQuery, starts_at: datetime) -> Iterator[Obstacle]:
    start = floor(starts_at.timestamp())
    if not question.places:
        yield _said(OutsideHoursError, ObstacleCause.HOURS)
    for place in question.places:
        if _is_open(question, place, start - start % 60, 1):
            continue
        day = day_of(place.zone, start)
        if isinstance(place.hours, DatedHours) and place.hours.closes(day):
            yield Obstacle(
                "public_holiday",
                "the place is closed on this public holiday",
                ObstacleCause.HOLIDAYS,
                place.location_id,
            )
        else:
            yield _said(OutsideHoursError, ObstacleCause.HOURS, place)


def _of_time(question: AvailabilityQuery, starts_at: datetime) -> Iterator[Obstacle]:
    start = floor(starts_at.timestamp())
    yield from _of_time_off(question, starts_at)
    visit = TimeRange(starts_at, starts_at + timedelta(minutes=question.rules.duration_minutes))
    for claim in _overlapping(question, question.busy, starts_at):
        kind = TimeTakenError if claim.visit.overlaps(visit) else BufferOverlapError
        if claim.is_elsewhere:
            kind = BusyElsewhereError
        yield _said(kind, ObstacleCause.BUSY_TIME if claim.is_elsewhere else ObstacleCause.VISITS)._replace(
            claims=[claim]
        )
    for full in full_periods(question):
        if full.begins <= start < full.ends:
            limit = DailyLimitError if full.quota.period is Period.DAY else WeeklyLimitError
            grounds = ObstacleCause.SERVICE_LIMIT if full.quota.service_id else ObstacleCause.CLINICIAN_LIMIT
            visits = [
                claim
                for claim in toward(question, full.quota)
                if full.begins <= claim.visit.starts_at.timestamp() < full.ends
            ]
            yield _said(limit, grounds)._replace(claims=visits)


def _of_time_off(question: AvailabilityQuery, starts_at: datetime) -> Iterator[Obstacle]:
    visit = TimeRange(starts_at, starts_at + timedelta(minutes=question.rules.duration_minutes))
    for away in question.time_off:
        if away.overlaps(visit):
            yield Obstacle("time_off", "the clinician is off", ObstacleCause.TIME_OFF)


def _overlapping(question: AvailabilityQuery, claims: Sequence[TimeClaim], starts_at: datetime) -> list[TimeClaim]:
    held = question.rules.reach(TimeRange(starts_at, starts_at + timedelta(microseconds=1)))
    held = TimeRange(held.starts_at, held.ends_at - timedelta(microseconds=1))
    return [claim for claim in claims if claim.during.overlaps(held)]


def _is_open(question: AvailabilityQuery, place: Place, start: int, step_minutes: int) -> bool:
    """Whether the clinician is at the place for the whole visit, and it starts on the grid; nothing else matters."""
    rules = replace(question.rules, step_minutes=step_minutes, minimum_notice_minutes=0, horizon_days=2, requires=())
    now = datetime.fromtimestamp(start, UTC)
    bare = AvailabilityQuery(now=now, rules=rules, places=[place])
    return bool(free_starts(bare, start, start + 1))


def _said(refusal: type[SchedulingError], grounds: ObstacleCause, place: Place | None = None) -> Obstacle:
    return Obstacle(refusal.code, refusal.message, grounds, place.location_id if place else None)
