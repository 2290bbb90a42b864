"""Explains why a time can be booked, or why it cannot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.scheduling.availability.schedule import load_schedule, start_window
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.explanation import Obstacle, obstacles
from domain.scheduling.availability.query import Slot


@dataclass(frozen=True, slots=True)
class ExplainSlot:
    service_id: UUID
    clinician_id: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """``obstacles`` is empty where there is a ``slot``; both are of the log's ``position``, as is the ``catalogue``."""

    slot: Slot | None
    obstacles: Sequence[Obstacle]
    catalogue: Catalogue
    position: int


class ExplainSlotHandler:
    """Answers ExplainSlot with the same function that a booking is decided by."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, query: ExplainSlot) -> Explanation:
        """Raises NotFoundError: no such service or clinician."""
        schedule = load_schedule(
            self._logs.of(tenant_id),
            query.service_id,
            [query.clinician_id],
            start_window(query.starts_at),
            self._clock.now(),
        )
        question = schedule.question(query.clinician_id)
        found = obstacles(question, query.starts_at)
        slot = None if found else slot_at(question, query.starts_at)
        return Explanation(slot, found, schedule.catalogue, schedule.consultation.position)
