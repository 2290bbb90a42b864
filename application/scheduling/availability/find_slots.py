"""Finds the times that can be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from application.kernel.commands import Query, QueryContext, answers
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.own_claims import OwnClaims, needs_of, own_visit
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.scheduling.availability.clinician_choice import ClinicianCandidate
from domain.scheduling.availability.slot_search import OwnStart, SlotSearch

LONGEST_WINDOW: Final = timedelta(days=93)
"""A quarter of a year."""


@dataclass(frozen=True, slots=True)
class FindSlots(Query[SlotSearch]):
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


@answers(FindSlots, needs=needs_of, within=own_visit)
def find_slots(log: PracticeLog, query: FindSlots, context: QueryContext) -> SlotSearch:
    """Return the search; its caller decides where it is carried out.

    Raises InvalidValueError: over 93 days; what ``OwnClaims.load`` raises; NotFoundError.
    """
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

    def candidates(starts_at: datetime | None) -> Sequence[ClinicianCandidate]:
        if id is None:
            return own.candidates(schedule, starts_at)
        return [ClinicianCandidate(id, own.query(schedule, id, starts_at))]

    own_start = None
    if own.starts_at is not None:
        first = [own.hold.clinician_id] if own.hold else []
        preferred_ids = (*first, *query.preferred_clinician_ids)
        own_start = OwnStart(own.starts_at, candidates(own.starts_at), preferred_ids)
    return SlotSearch(
        candidates(None),
        id is None,
        query.window,
        query.preferred_clinician_ids,
        schedule.booking_context.position,
        own_start,
    )
