"""Explains why a time can be booked, or why it cannot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.catalogue import Catalogue
from application.ports import Clock
from application.practice_log import PracticeLogs
from application.scheduling.book_appointment import instant
from application.scheduling.diary import open_diary
from domain.scheduling.availability import slot_at
from domain.scheduling.explanation import Obstacle, obstacles
from domain.scheduling.question import Slot


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
        diary = open_diary(
            self._logs.of(tenant_id),
            query.service_id,
            [query.clinician_id],
            instant(query.starts_at),
            self._clock.now(),
        )
        question = diary.question(query.clinician_id)
        found = obstacles(question, query.starts_at)
        slot = None if found else slot_at(question, query.starts_at)
        return Explanation(slot, found, diary.catalogue, diary.consultation.position)
