"""Finds the times that can be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from application.ports import Clock
from application.practice_log import PracticeLogs
from application.scheduling.diary import open_diary
from domain.errors import InvalidValueError
from domain.scheduling.availability import offered
from domain.scheduling.question import Slot
from domain.time_range import TimeRange

LONGEST_WINDOW: Final = timedelta(days=93)
"""A quarter of a year: what a booking page shows at most."""


@dataclass(frozen=True, slots=True)
class FindSlots:
    """``clinician_id`` None asks for everyone who gives the service; the window is half-open on starts."""

    service_id: UUID
    clinician_id: UUID | None
    window: TimeRange


@dataclass(frozen=True, slots=True)
class FoundSlots:
    """Slots by clinician, each list in order of time; ``position`` is that of the log when they were free."""

    by_clinician: Sequence[tuple[UUID, list[Slot]]]
    position: int


class FindSlotsHandler:
    """Answers FindSlots with the same function that a booking is checked by."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, query: FindSlots) -> FoundSlots:
        """Raises NotFoundError: no such service or clinician; InvalidValueError: a window over 93 days."""
        if query.window.duration > LONGEST_WINDOW:
            raise InvalidValueError("to", f"a window is at most {LONGEST_WINDOW.days} days long")
        clinician_ids = None if query.clinician_id is None else [query.clinician_id]
        diary = open_diary(self._logs.of(tenant_id), query.service_id, clinician_ids, query.window, self._clock.now())
        if clinician_ids is None:
            clinician_ids = diary.service.fields["clinician_ids"]
        return FoundSlots(
            [(clinician_id, offered(diary.question(clinician_id), query.window)) for clinician_id in clinician_ids],
            diary.consultation.position,
        )
