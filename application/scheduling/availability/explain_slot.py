"""Explains why a time can or cannot be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.kernel.commands import Query, QueryContext, answers
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import load_schedule, start_window
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.explanation import Obstacle, obstacles
from domain.scheduling.availability.query import Slot


@dataclass(frozen=True, slots=True)
class ExplainSlot(Query["Explanation"]):
    service_id: UUID
    clinician_id: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """Has either a ``slot`` or ``obstacles``; all is as of ``position``."""

    starts_at: datetime
    slot: Slot | None
    obstacles: Sequence[Obstacle]
    catalogue: Catalogue
    position: int


@answers(ExplainSlot, needs=Permission.READ_PRACTICE)
def explain_slot(log: PracticeLog, query: ExplainSlot, context: QueryContext) -> Explanation:
    """Raises NotFoundError: no such service or clinician."""
    window = start_window(query.starts_at)
    schedule = load_schedule(log, query.service_id, [query.clinician_id], window, context.now)
    availability = schedule.query(query.clinician_id)
    found = obstacles(availability, query.starts_at)
    slot = None if found else slot_at(availability, query.starts_at)
    return Explanation(query.starts_at, slot, found, schedule.catalogue, schedule.booking_context.position)
