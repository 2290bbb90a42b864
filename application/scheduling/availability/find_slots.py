"""Finds the times that can be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from application.kernel.commands import Query, QueryContext, answers
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import load_schedule
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.scheduling.availability.availability import offered
from domain.scheduling.availability.clinician_choice import ClinicianChoice, offered_by_anyone

LONGEST_WINDOW: Final = timedelta(days=93)
"""A quarter of a year: what a booking page shows at most."""


@dataclass(frozen=True, slots=True)
class FindSlots(Query["FoundSlots"]):
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


@answers(FindSlots, needs=Permission.READ_PRACTICE)
def find_slots(log: PracticeLog, query: FindSlots, context: QueryContext) -> FoundSlots:
    """Find slots with the functions that decide a booking.

    Raises NotFoundError: no such service or clinician; InvalidValueError: a window over 93 days.
    """
    if query.window.duration > LONGEST_WINDOW:
        raise InvalidValueError("to", f"a window is at most {LONGEST_WINDOW.days} days long")
    id = query.clinician_id
    schedule = load_schedule(log, query.service_id, None if id is None else [id], query.window, context.now)
    for preferred in query.preferred_clinician_ids:
        schedule.catalogue.one(Clinician, preferred)
    if id is None:
        choices = offered_by_anyone(schedule.clinician_candidates(), query.window, query.preferred_clinician_ids)
    else:
        choices = [ClinicianChoice(id, slot) for slot in offered(schedule.question(id), query.window)]
    return FoundSlots(choices, schedule.consultation.position)
