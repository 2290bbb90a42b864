"""Visits that lie outside: booked when the clinician was there, and since then hours, zones, holidays or time off have changed.

Nothing moves them. Each stays as it was booked until somebody decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import load_schedule, start_window
from application.scheduling.availability.working_hours import off_times, places_of
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.explanation import Obstacle, absences
from domain.scheduling.availability.query import AvailabilityQuery, VisitRules
from domain.scheduling.errors import SchedulingError


class BookedVisit(Protocol):
    """What is asked of a visit, wherever it is read from; ``holder_id`` is whose time it is."""

    @property
    def holder_id(self) -> UUID: ...
    @property
    def service_id(self) -> UUID: ...
    @property
    def clinician_id(self) -> UUID: ...
    @property
    def location_id(self) -> UUID: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class GivenSession:
    """A session as one of its staff gives it."""

    holder_id: UUID
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    starts_at: datetime
    ends_at: datetime


def outside(catalogue: Catalogue, visit: BookedVisit, now: datetime) -> list[Obstacle]:
    """Return why the clinician is not at the visit's location for the whole of it; nothing where they are."""
    clinician = catalogue.one(Clinician, visit.clinician_id)
    places = places_of(catalogue, clinician, (), now.year)
    question = AvailabilityQuery(
        now=now,
        rules=VisitRules(duration_minutes=1, step_minutes=1),
        places=[place for place in places if place.location_id == visit.location_id],
        time_off=off_times(clinician),
    )
    return absences(question, TimeRange(visit.starts_at, visit.ends_at))


def others_free(log: PracticeLog, visit: BookedVisit, now: datetime) -> Sequence[UUID]:
    """Return the other clinicians who give the service and could see somebody at the visit's time, in the order of joining."""
    schedule = load_schedule(log, visit.service_id, None, start_window(visit.starts_at), now)
    free = []
    for clinician_id, question in schedule.clinician_candidates(without=visit.holder_id):
        if clinician_id != visit.clinician_id:
            try:
                slot_at(question, visit.starts_at)
            except SchedulingError:
                continue
            free.append(clinician_id)
    return free
