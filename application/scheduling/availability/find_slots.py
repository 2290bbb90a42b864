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
"""A quarter of a year."""


@dataclass(frozen=True, slots=True)
class FindSlots(Query["FoundSlots"]):
    """Slots that start in the window; ``clinician_id`` None: of any clinician."""

    service_id: UUID
    clinician_id: UUID | None
    window: TimeRange
    preferred_clinician_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundSlots:
    """Slots in order, each start once, with the chosen clinician; as of ``position``."""

    choices: Sequence[ClinicianChoice]
    position: int


@answers(FindSlots, needs=Permission.READ_PRACTICE)
def find_slots(log: PracticeLog, query: FindSlots, context: QueryContext) -> FoundSlots:
    """Raises NotFoundError: service or clinician; InvalidValueError: over 93 days."""
    if query.window.duration > LONGEST_WINDOW:
        raise InvalidValueError("to", f"a window is at most {LONGEST_WINDOW.days} days long")
    id = query.clinician_id
    schedule = load_schedule(log, query.service_id, None if id is None else [id], query.window, context.now)
    for preferred in query.preferred_clinician_ids:
        schedule.catalogue.one(Clinician, preferred)
    if id is None:
        choices = offered_by_anyone(schedule.clinician_candidates(), query.window, query.preferred_clinician_ids)
    else:
        choices = [ClinicianChoice(id, slot) for slot in offered(schedule.query(id), query.window)]
    return FoundSlots(choices, schedule.booking_context.position)
