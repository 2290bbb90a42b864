"""Explains why a time can or cannot be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.kernel.commands import Query, QueryContext, answers
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.own_claims import OwnClaims, needs_of, own_visit
from application.scheduling.availability.schedule import start_window
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.explanation import Obstacle, obstacles
from domain.scheduling.availability.query import Slot


@dataclass(frozen=True, slots=True)
class ExplainSlot(Query["Explanation"]):
    """``moving_id``, ``hold_id``, ``duration_minutes`` and ``patient_id`` as in ``FindSlots``."""

    service_id: UUID
    clinician_id: UUID
    starts_at: datetime
    moving_id: UUID | None = None
    hold_id: UUID | None = None
    duration_minutes: int | None = None
    patient_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Has either a ``slot`` or ``obstacles``; all is as of ``position``."""

    starts_at: datetime
    slot: Slot | None
    obstacles: Sequence[Obstacle]
    catalogue: Catalogue
    position: int


@answers(ExplainSlot, needs=needs_of, within=own_visit)
def explain_slot(log: PracticeLog, query: ExplainSlot, context: QueryContext) -> Explanation:
    """Raises what ``OwnClaims.load`` raises; NotFoundError: no such service or clinician."""
    window, now = start_window(query.starts_at), context.now
    own = OwnClaims.load(
        log,
        query.service_id,
        query.moving_id,
        query.hold_id,
        query.duration_minutes,
        now,
        patient_id=query.patient_id,
    )
    schedule = own.load_schedule(log, query.service_id, [query.clinician_id], window, now)
    availability = own.query(schedule, query.clinician_id, query.starts_at)
    found = obstacles(availability, query.starts_at)
    slot = None if found else slot_at(availability, query.starts_at)
    return Explanation(query.starts_at, slot, found, schedule.catalogue, schedule.booking_context.position)
