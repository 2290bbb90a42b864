"""Finds the times that can be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.scheduling.availability.schedule import load_schedule
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.scheduling.availability.availability import offered
from domain.scheduling.availability.clinician_choice import ClinicianChoice, offered_by_anyone

LONGEST_WINDOW: Final = timedelta(days=93)
"""A quarter of a year: what a booking page shows at most."""


@dataclass(frozen=True, slots=True)
class FindSlots:
    """``clinician_id`` None asks for anyone who gives the service, of whom those in ``preferred_clinician_ids`` come first.

    The window is half-open on starts.
    """

    service_id: UUID
    clinician_id: UUID | None
    window: TimeRange
    preferred_clinician_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundSlots:
    """Slots in order of time, each start once, with who would be booked; ``position`` is that of the log when they were free."""

    choices: Sequence[ClinicianChoice]
    position: int


class FindSlotsHandler:
    """Answers FindSlots with the same functions that a booking is decided by."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, query: FindSlots) -> FoundSlots:
        """Raises NotFoundError: no such service or clinician; InvalidValueError: a window over 93 days."""
        if query.window.duration > LONGEST_WINDOW:
            raise InvalidValueError("to", f"a window is at most {LONGEST_WINDOW.days} days long")
        id = query.clinician_id
        schedule = load_schedule(
            self._logs.of(tenant_id), query.service_id, None if id is None else [id], query.window, self._clock.now()
        )
        for preferred in query.preferred_clinician_ids:
            schedule.catalogue.one(Clinician, preferred)
        if id is None:
            choices = offered_by_anyone(schedule.clinician_candidates(), query.window, query.preferred_clinician_ids)
        else:
            choices = [ClinicianChoice(id, slot) for slot in offered(schedule.question(id), query.window)]
        return FoundSlots(choices, schedule.consultation.position)
