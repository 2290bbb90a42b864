"""A visit that is booked on purpose although the rules forbid it: where it lies, and which rules and visits stand against it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from domain.kernel.text import clean_reason
from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import WEEKDAYS, OpeningHours
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Place, Slot
from domain.scheduling.errors import (
    BeyondHorizonError,
    DailyLimitError,
    LimitReachedError,
    MinimumNoticeError,
    NotOnGridError,
    OutsideHoursError,
    ResourceUnavailableError,
    SchedulingError,
    TimeTakenError,
    WeeklyLimitError,
)
from domain.scheduling.time_claim import TimeClaim

_ROUND_THE_CLOCK: Final = OpeningHours.parse([f"{day} 00:00-24:00" for day in WEEKDAYS])
_FARTHEST_DAYS: Final = 36_500


def clean_override_reason(reason: str) -> str:
    """Return why rules are to be set aside. Raises InvalidValueError: no reason, or over 1000 characters."""
    return clean_reason("override.reason", reason)


class OverrideResult(NamedTuple):
    """``rules`` are the codes of what forbids the visit, ``overlaps`` who holds its time, ``beside`` what it shares with them."""

    slot: Slot
    rules: tuple[str, ...] = ()
    overlaps: tuple[UUID, ...] = ()
    beside: tuple[UUID, ...] = ()

    @property
    def is_over_limits(self) -> bool:
        return not {DailyLimitError.code, WeeklyLimitError.code}.isdisjoint(self.rules)


def slot_with_override(
    question: AvailabilityQuery, starts_at: datetime, resource_ids: Iterable[UUID] = ()
) -> OverrideResult:
    """Return the slot that starts then, and all that stands against it; nothing does where ``slot_at`` allows it.

    Hours, time off, grid, notice, horizon, limits and the time of others can be set aside, each only where it is in the way. Of what is
    required, the free are taken before the busy. Raises what cannot be set aside: InvalidValueError, ClinicianNotOfferingError,
    InThePastError; NotOnGridError: not on a whole minute; OutsideHoursError: the clinician works nowhere; ResourceUnavailableError: there
    is no such resource, free or busy.
    """
    slot, rules = _slot_and_rules(question, starts_at, tuple(resource_ids))
    taken = _taken(question, starts_at)
    against = [
        claim
        for claim in (*question.busy, *_claims_of(question.places, slot.resource_ids))
        if claim.during.overlaps(taken)
    ]
    return OverrideResult(
        slot,
        rules,
        tuple(dict.fromkeys(claim.holder_id for claim in against)),
        tuple(dict.fromkeys(claim.what for claim in against)),
    )


def _slot_and_rules(
    question: AvailabilityQuery, starts_at: datetime, named: tuple[UUID, ...]
) -> tuple[Slot, tuple[str, ...]]:
    """Give up one rule after the other, as each refuses."""
    rules: list[str] = []
    while True:
        try:
            return slot_at(question, starts_at, named), tuple(rules)
        except SchedulingError as refusal:
            without = _without(question, refusal, starts_at)
            if without is None or refusal.code in rules:
                raise
            rules.append(refusal.code)
            question = without


def _without(question: AvailabilityQuery, refusal: SchedulingError, starts_at: datetime) -> AvailabilityQuery | None:
    """Return the question without the rule that refused it; None if the rule stays."""
    rules = question.rules
    match refusal:
        case MinimumNoticeError():
            return replace(question, rules=replace(rules, minimum_notice_minutes=0))
        case BeyondHorizonError():
            return replace(question, rules=replace(rules, horizon_days=_FARTHEST_DAYS))
        case NotOnGridError():
            return replace(question, rules=replace(rules, step_minutes=1))
        case OutsideHoursError():
            places = [replace(place, hours=_ROUND_THE_CLOCK) for place in question.places]
            return replace(question, places=places, time_off=())
        case LimitReachedError():
            return replace(question, quotas=())
        case TimeTakenError():
            return replace(question, busy=())
        case ResourceUnavailableError():
            taken = _taken(question, starts_at)
            return replace(question, places=[_shared(place, taken) for place in question.places])
        case _:
            return None


def _shared(place: Place, taken: TimeRange) -> Place:
    """Return the place with all its resources to be had, those first that are free anyway."""
    by_need = sorted(place.candidates, key=lambda each: any(claim.during.overlaps(taken) for claim in each.busy))
    return replace(place, candidates=[candidate._replace(busy=()) for candidate in by_need])


def _claims_of(places: Iterable[Place], resource_ids: Iterable[UUID]) -> list[TimeClaim]:
    used = set(resource_ids)
    return [claim for place in places for each in place.candidates if each.id in used for claim in each.busy]


def _taken(question: AvailabilityQuery, starts_at: datetime) -> TimeRange:
    """The visit with its buffers."""
    rules = question.rules
    visit = TimeRange(starts_at, starts_at + timedelta(minutes=rules.duration_minutes))
    return visit.with_buffers(rules.buffer_before_minutes, rules.buffer_after_minutes)
