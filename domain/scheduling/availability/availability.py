"""Which times are free: one pure function for the question "when?" and for the answer "not then, because".

``offered`` lists the starts that can be booked in a window; ``slot_at`` says what a booking at one start would hold, or why
there can be none. Both ask the kernel ``free_starts``, so what is offered can be booked and what can be booked is offered.
Nothing here reads a clock or the process's time zone.

The rules: a visit lies inside the clinician's opening hours at one location, on the wall clock of that location. It starts on a grid
laid at the opening, every ``step_minutes`` of real time. Its buffers may lie outside the hours, but the visit with its buffers
overlaps no claim of the clinician; every kind of resource that the service requires must have a resource free for the same time.
While the clinician is off there is no visit, nor on a day or in a week that already holds as many as the limits allow.
It starts no sooner than the minimum notice and no later than the last date of the horizon, a civil date at the location.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from uuid import UUID

from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.dated_hours import DatedHours
from domain.scheduling.availability.free_starts import free_starts, horizon_ends
from domain.scheduling.availability.open_periods import day_of
from domain.scheduling.availability.query import AvailabilityQuery, Period, Slot
from domain.scheduling.availability.quotas import full_periods
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


def offered(question: AvailabilityQuery, window: TimeRange) -> list[Slot]:
    """Return every slot that starts inside the window, in order of time; each start once."""
    length = question.rules.duration_minutes * 60
    begins, ends = ceil(window.starts_at.timestamp()), ceil(window.ends_at.timestamp())
    # Slots are half of the work: through Slot() each costs 0.37 µs, made like this 0.14.
    return [
        tuple.__new__(Slot, (_instants[start], _instants[start + length], location_id, resource_ids))
        for starts, location_id, resource_ids in free_starts(question, begins, ends)
        for start in starts
    ]


def slot_at(question: AvailabilityQuery, starts_at: datetime, resource_ids: Iterable[UUID] = ()) -> Slot:
    """Return the slot that starts then. Resources that are named are used; what is required beyond them is chosen.

    Raises, the first that is true: InvalidValueError (no offset), ClinicianNotOfferingError, InThePastError, MinimumNoticeError,
    BeyondHorizonError, OutsideHoursError (also while the clinician is off), TimeTakenError (BufferOverlapError if only buffers
    overlap, BusyElsewhereError if only another calendar says so), DailyLimitError, WeeklyLimitError, NotOnGridError,
    ResourceUnavailableError.
    """
    if starts_at.tzinfo is None:
        raise InvalidValueError("starts_at", "a time needs an offset from UTC")
    start, named = floor(starts_at.timestamp()), tuple(dict.fromkeys(resource_ids))
    runs = free_starts(question, start, start + 1, named)
    if not runs or starts_at.microsecond:
        raise _refusal(question, starts_at, named)
    ends = start + question.rules.duration_minutes * 60
    return Slot(_instants[start], _instants[ends], runs[0].location_id, runs[0].resource_ids)


def _refusal(question: AvailabilityQuery, starts_at: datetime, named: tuple[UUID, ...]) -> SchedulingError:
    """Return why the kernel has no start there, by asking it again with one rule after the other given up."""
    rules = question.rules
    start = floor(starts_at.timestamp())
    if not question.is_offering:
        return ClinicianNotOfferingError()
    if starts_at < question.now:
        return InThePastError()
    if starts_at < question.now + timedelta(minutes=rules.minimum_notice_minutes):
        return MinimumNoticeError()
    if question.places and all(start >= horizon_ends(question, place) for place in question.places):
        return BeyondHorizonError()
    if start % 60 or starts_at.microsecond:
        return NotOnGridError()
    alone = replace(question, rules=replace(rules, requires=()))
    any_minute = replace(alone, rules=replace(alone.rules, step_minutes=1))
    if not free_starts(replace(any_minute, busy=(), quotas=()), start, start + 1):
        return _absence(replace(any_minute, busy=(), quotas=()), start)
    if not free_starts(replace(any_minute, quotas=()), start, start + 1):
        visit = TimeRange(starts_at, starts_at + timedelta(minutes=rules.duration_minutes))
        taken = [claim for claim in question.busy if visit.overlaps(claim.visit)]
        if not taken:
            return BufferOverlapError()
        return BusyElsewhereError() if all(claim.is_elsewhere for claim in taken) else TimeTakenError()
    if full := next((full for full in full_periods(question) if full.begins <= start < full.ends), None):
        return DailyLimitError() if full.quota.period is Period.DAY else WeeklyLimitError()
    if not free_starts(alone, start, start + 1):
        return NotOnGridError()
    for place in question.places:
        if free_starts(replace(alone, places=(place,)), start, start + 1):
            for need in needs(place, rules, named) or ():
                if not any(allotted(range(start, start + 1), [need])):
                    return ResourceUnavailableError(need.kind)
    return ResourceUnavailableError("resource")


def _absence(question: AvailabilityQuery, start: int) -> OutsideHoursError:
    """Say why the clinician is not there: off, a public holiday, or the hours."""
    if free_starts(replace(question, time_off=()), start, start + 1):
        return OutsideHoursError("the clinician is off at this time; choose another time or another clinician")
    for place in question.places:
        if isinstance(place.hours, DatedHours) and place.hours.closes(day_of(place.zone, start)):
            return OutsideHoursError("the place is closed on this public holiday; choose another day")
    return OutsideHoursError()


class _Instants(dict[int, datetime]):
    """Datetimes by seconds since 1970, kept because the same times are offered again and again: 0.04 µs instead of 0.3."""

    def __missing__(self, epoch: int) -> datetime:
        if len(self) >= 32_768:
            self.clear()
        moment = self[epoch] = datetime.fromtimestamp(epoch, UTC)
        return moment


_instants = _Instants()
