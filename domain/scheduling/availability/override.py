"""Overrides: the slot of a visit against the rules, the broken rules, the overlapping visits."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from domain.kernel.text import clean_reason
from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import WEEKDAYS, OpeningHours
from domain.scheduling.availability.availability import patient_visits, slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Place, Slot
from domain.scheduling.errors import (
    BeyondHorizonError,
    DailyLimitError,
    LimitReachedError,
    MinimumNoticeError,
    NotOnGridError,
    OutsideHoursError,
    PatientBusyError,
    ResourceUnavailableError,
    SchedulingError,
    TimeTakenError,
    WeeklyLimitError,
)
from domain.scheduling.time_claim import TimeClaim

_ROUND_THE_CLOCK: Final = OpeningHours.parse([f"{day} 00:00-24:00" for day in WEEKDAYS])
_FARTHEST_DAYS: Final = 36_500


def clean_override_reason(reason: str) -> str:
    """Return a cleaned reason. Raises InvalidValueError: blank, or over 1000 characters."""
    return clean_reason("override.reason", reason)


class OverrideResult(NamedTuple):
    """``rules`` are the codes of overridden rules, ``overlaps`` the holders of the same time.

    ``beside`` are the clinician, resources and patient shared with them.
    """

    slot: Slot
    rules: tuple[str, ...] = ()
    overlaps: tuple[UUID, ...] = ()
    beside: tuple[UUID, ...] = ()

    @property
    def is_over_limits(self) -> bool:
        return not {DailyLimitError.code, WeeklyLimitError.code}.isdisjoint(self.rules)


def slot_with_override(
    query: AvailabilityQuery, starts_at: datetime, resource_ids: Iterable[UUID] = ()
) -> OverrideResult:
    """Return the slot at a start with the rules it breaks; none if ``slot_at`` allows it.

    Hours, time off, grid, notice, horizon, limits and claims, also those of the patient, can be
    overridden, each only if it refuses the visit; a room or device out of service cannot be
    used. Free resources are used before busy ones. Raises what cannot be overridden:
    InvalidValueError, ClinicianNotOfferingError, InThePastError; NotOnGridError: not on a whole
    minute; OutsideHoursError: the clinician works nowhere; ResourceUnavailableError: no such
    resource exists.
    """
    slot, rules = _slot_and_rules(query, starts_at, tuple(resource_ids))
    taken = _taken(query, starts_at)
    against = [
        claim for claim in (*query.busy, *_claims_of(query.places, slot.resource_ids)) if claim.during.overlaps(taken)
    ]
    against += patient_visits(query, starts_at)
    return OverrideResult(
        slot,
        rules,
        tuple(dict.fromkeys(claim.holder_id for claim in against)),
        tuple(dict.fromkeys(claim.what for claim in against)),
    )


def _slot_and_rules(
    query: AvailabilityQuery, starts_at: datetime, named: tuple[UUID, ...]
) -> tuple[Slot, tuple[str, ...]]:
    """Drop one rule after the other, as each refuses."""
    rules: list[str] = []
    while True:
        try:
            return slot_at(query, starts_at, named), tuple(rules)
        except SchedulingError as refusal:
            without = _without(query, refusal, starts_at)
            if without is None or refusal.code in rules:
                raise
            rules.append(refusal.code)
            query = without


def _without(query: AvailabilityQuery, refusal: SchedulingError, starts_at: datetime) -> AvailabilityQuery | None:
    """Return the query without the rule that refused; None if it cannot be overridden."""
    rules = query.rules
    match refusal:
        case MinimumNoticeError():
            return replace(query, rules=replace(rules, minimum_notice_minutes=0))
        case BeyondHorizonError():
            return replace(query, rules=replace(rules, horizon_days=_FARTHEST_DAYS))
        case NotOnGridError():
            return replace(query, rules=replace(rules, step_minutes=1))
        case OutsideHoursError():
            places = [replace(place, hours=_ROUND_THE_CLOCK) for place in query.places]
            return replace(query, places=places, time_off=())
        case LimitReachedError():
            return replace(query, quotas=())
        case TimeTakenError():
            return replace(query, busy=())
        case PatientBusyError():
            return replace(query, patient_busy=())
        case ResourceUnavailableError():
            taken = _taken(query, starts_at)
            return replace(query, places=[_shared(place, taken) for place in query.places])
        case _:
            return None


def _shared(place: Place, taken: TimeRange) -> Place:
    """Return the place with all its resources available, the free ones first."""
    by_need = sorted(place.candidates, key=lambda each: any(claim.during.overlaps(taken) for claim in each.busy))
    return replace(place, candidates=[candidate._replace(busy=()) for candidate in by_need])


def _claims_of(places: Iterable[Place], resource_ids: Iterable[UUID]) -> list[TimeClaim]:
    used = set(resource_ids)
    return [claim for place in places for each in place.candidates if each.id in used for claim in each.busy]


def _taken(query: AvailabilityQuery, starts_at: datetime) -> TimeRange:
    """Return the visit with its buffers."""
    rules = query.rules
    visit = TimeRange(starts_at, starts_at + timedelta(minutes=rules.duration_minutes))
    return visit.with_buffers(rules.buffer_before_minutes, rules.buffer_after_minutes)
