"""Finds the times that can be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from application.kernel.commands import Query, QueryContext, answers
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.own_claims import OwnClaims, needs_of, own_visit
from application.scheduling.availability.schedule import Schedule
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.scheduling.availability.availability import offered
from domain.scheduling.availability.clinician_choice import (
    ClinicianCandidate,
    ClinicianChoice,
    choose_clinician,
    offered_by_anyone,
)
from domain.scheduling.errors import SchedulingError

LONGEST_WINDOW: Final = timedelta(days=93)
"""A quarter of a year."""


@dataclass(frozen=True, slots=True)
class FindSlots(Query["FoundSlots"]):
    """Slots that start in the window; ``clinician_id`` None: of any clinician.

    ``moving_id`` and ``hold_id``: a visit that is to be moved, or a hold; its time counts as free.
    ``duration_minutes`` None: the length of the visit that moves, or of the service.
    ``patient_id``: leave out starts at which the patient has another visit.
    """

    service_id: UUID
    clinician_id: UUID | None
    window: TimeRange
    preferred_clinician_ids: tuple[UUID, ...] = ()
    moving_id: UUID | None = None
    hold_id: UUID | None = None
    duration_minutes: int | None = None
    patient_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FoundSlots:
    """Slots in order, each start once, with the chosen clinician; as of ``position``."""

    choices: Sequence[ClinicianChoice]
    position: int


@answers(FindSlots, needs=needs_of, within=own_visit)
def find_slots(log: PracticeLog, query: FindSlots, context: QueryContext) -> FoundSlots:
    """Raises InvalidValueError: over 93 days; what ``OwnClaims.load`` raises; NotFoundError."""
    if query.window.duration > LONGEST_WINDOW:
        raise InvalidValueError("to", f"a window is at most {LONGEST_WINDOW.days} days long")
    now, id = context.now, query.clinician_id
    own = OwnClaims.load(
        log,
        query.service_id,
        query.moving_id,
        query.hold_id,
        query.duration_minutes,
        now,
        patient_id=query.patient_id,
    )
    schedule = own.load_schedule(log, query.service_id, None if id is None else [id], query.window, now)
    for preferred in query.preferred_clinician_ids:
        schedule.catalogue.one(Clinician, preferred)
    if id is None:
        candidates = own.candidates(schedule, None)
        choices = offered_by_anyone(candidates, query.window, query.preferred_clinician_ids)
    else:
        choices = [ClinicianChoice(id, slot) for slot in offered(own.query(schedule, id, None), query.window)]
    return FoundSlots(_with_own_start(choices, schedule, own, query), schedule.booking_context.position)


def _with_own_start(
    choices: list[ClinicianChoice], schedule: Schedule, own: OwnClaims, query: FindSlots
) -> list[ClinicianChoice]:
    """Return the choices with the one at the caller's own start, where other rules apply."""
    starts_at = own.starts_at
    if starts_at is None or not query.window.starts_at <= starts_at < query.window.ends_at:
        return choices
    if query.clinician_id is None:
        candidates = own.candidates(schedule, starts_at)
    else:
        candidates = [ClinicianCandidate(query.clinician_id, own.query(schedule, query.clinician_id, starts_at))]
    preferred = (*([own.hold.clinician_id] if own.hold else ()), *query.preferred_clinician_ids)
    others = [choice for choice in choices if choice.slot.starts_at != starts_at]
    try:
        at_own = choose_clinician(candidates, starts_at, preferred=preferred)
    except SchedulingError:
        return others
    return sorted([*others, at_own], key=lambda choice: choice.slot.starts_at)
