"""Availability: which starts can be booked, and why others cannot.

``offered`` lists the slots in a window; ``slot_at`` returns the slot at one start or raises the
reason. Both use ``free_starts``, so every offered slot can be booked and vice versa. Nothing here
reads a clock or the process's time zone.

The rules: a visit lies within the clinician's opening hours at one location, in its local time. It
starts on a grid of ``step_minutes`` from the opening. Its buffers may lie outside the hours, but
with them the visit overlaps no claim of the clinician. For each required kind, a resource is free
for the same time. There are no visits during time off, after the clinician has left, nor on days
and weeks whose limits are reached. A visit starts no earlier than the minimum notice and no later
than the last civil date of the horizon at the location. The visit without its buffers overlaps no
other visit of the patient, if the patient is known.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from uuid import UUID

from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.dated_hours import DatedHours
from domain.scheduling.availability.free_starts import free_starts, horizon_ends, last_start
from domain.scheduling.availability.open_periods import day_of
from domain.scheduling.availability.query import AvailabilityQuery, Period, Slot
from domain.scheduling.availability.quotas import full_periods
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


def offered(query: AvailabilityQuery, window: TimeRange) -> list[Slot]:
    """Return the slots that start in the window, in order; each start once."""
    length = query.rules.duration_minutes * 60
    begins, ends = ceil(window.starts_at.timestamp()), ceil(window.ends_at.timestamp())
    # Creating slots is half of the work: Slot() costs 0.37 µs each, tuple.__new__ 0.14.
    return [
        tuple.__new__(Slot, (_instants[start], _instants[start + length], location_id, resource_ids))
        for starts, location_id, resource_ids in free_starts(query, begins, ends)
        for start in starts
    ]


def slot_at(query: AvailabilityQuery, starts_at: datetime, resource_ids: Iterable[UUID] = ()) -> Slot:
    """Return the slot at a start; it uses the named resources and chooses the other required ones.

    Raises the first that applies: InvalidValueError (no offset), ClinicianNotOfferingError,
    ClinicianLeftError, InThePastError, MinimumNoticeError, BeyondHorizonError, OutsideHoursError
    (also during time off), TimeTakenError (BufferOverlapError if only buffers overlap,
    BusyElsewhereError for imported busy time), DailyLimitError, WeeklyLimitError, NotOnGridError,
    ResourceUnavailableError, PatientBusyError.
    """
    if starts_at.tzinfo is None:
        raise InvalidValueError("starts_at", "a time needs an offset from UTC")
    start, named = floor(starts_at.timestamp()), tuple(dict.fromkeys(resource_ids))
    runs = free_starts(query, start, start + 1, named)
    if not runs or starts_at.microsecond:
        raise _refusal(query, starts_at, named)
    ends = start + query.rules.duration_minutes * 60
    return Slot(_instants[start], _instants[ends], runs[0].location_id, runs[0].resource_ids)


def _refusal(query: AvailabilityQuery, starts_at: datetime, named: tuple[UUID, ...]) -> SchedulingError:
    """Return why ``free_starts`` has no start there, by dropping one rule after the other."""
    rules = query.rules
    start = floor(starts_at.timestamp())
    if others := patient_visits(query, starts_at):
        # Last, since anybody could book what is refused only for this patient.
        for_anybody = replace(query, patient_busy=())
        if free_starts(for_anybody, start, start + 1, named) and not starts_at.microsecond:
            return PatientBusyError(others[0].holder_id, others[0].visit)
        return _refusal(for_anybody, starts_at, named)
    if not query.is_offering:
        return ClinicianNotOfferingError()
    if start > last_start(query):
        return ClinicianLeftError()
    if starts_at < query.now:
        return InThePastError()
    if starts_at < query.now + timedelta(minutes=rules.minimum_notice_minutes):
        return MinimumNoticeError()
    if query.places and all(start >= horizon_ends(query, place) for place in query.places):
        return BeyondHorizonError()
    if start % 60 or starts_at.microsecond:
        return NotOnGridError()
    alone = replace(query, rules=replace(rules, requires=()))
    any_minute = replace(alone, rules=replace(alone.rules, step_minutes=1))
    if not free_starts(replace(any_minute, busy=(), quotas=()), start, start + 1):
        return _absence(replace(any_minute, busy=(), quotas=()), start)
    if not free_starts(replace(any_minute, quotas=()), start, start + 1):
        visit = TimeRange(starts_at, starts_at + timedelta(minutes=rules.duration_minutes))
        taken = [claim for claim in query.busy if visit.overlaps(claim.visit)]
        if not taken:
            return BufferOverlapError()
        return BusyElsewhereError() if all(claim.is_elsewhere for claim in taken) else TimeTakenError()
    if full := next((full for full in full_periods(query) if full.begins <= start < full.ends), None):
        return DailyLimitError() if full.quota.period is Period.DAY else WeeklyLimitError()
    if not free_starts(alone, start, start + 1):
        return NotOnGridError()
    for place in query.places:
        if free_starts(replace(alone, places=(place,)), start, start + 1):
            for need in needs(place, rules, named) or ():
                if not any(allocated(range(start, start + 1), [need])):
                    return ResourceUnavailableError(need.kind)
    return ResourceUnavailableError("resource")


def patient_visits(query: AvailabilityQuery, starts_at: datetime) -> list[TimeClaim]:
    """Return the patient's claims that a visit at a start would overlap, by start."""
    if not query.patient_busy:
        return []
    visit = TimeRange(starts_at, starts_at + timedelta(minutes=query.rules.duration_minutes))
    found = [claim for claim in query.patient_busy if claim.visit.overlaps(visit)]
    return sorted(found, key=lambda claim: (claim.visit.starts_at, claim.holder_id))


def _absence(query: AvailabilityQuery, start: int) -> OutsideHoursError:
    """Return the error for time off, a public holiday, or the opening hours."""
    if free_starts(replace(query, time_off=()), start, start + 1):
        return OutsideHoursError("the clinician is off at this time; choose another time or another clinician")
    for place in query.places:
        if isinstance(place.hours, DatedHours) and place.hours.closes(day_of(place.zone, start)):
            return OutsideHoursError("the location is closed on this public holiday; choose another day")
    if any(place.hours.alternates(day_of(place.zone, start)) for place in query.places):
        return OtherWeekError()
    return OutsideHoursError()


class _Instants(dict[int, datetime]):
    """A cache of datetimes by seconds since 1970: 0.04 µs instead of 0.3."""

    def __missing__(self, epoch: int) -> datetime:
        if len(self) >= 32_768:
            self.clear()
        moment = self[epoch] = datetime.fromtimestamp(epoch, UTC)
        return moment


_instants = _Instants()
