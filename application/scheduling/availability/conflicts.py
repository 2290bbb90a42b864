"""Conflicts: booked visits whose clinician is no longer present, because rules changed since."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import load_schedule, start_window
from application.scheduling.availability.working_hours import time_off_of, working_places
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.explanation import Obstacle, absences
from domain.scheduling.availability.query import AvailabilityQuery, VisitRules
from domain.scheduling.errors import SchedulingError


class BookedVisit(NamedTuple):
    """A visit, or a session of one of its staff; ``holder_id`` holds its time claims."""

    holder_id: UUID
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    starts_at: datetime
    ends_at: datetime


def absences_during(catalogue: Catalogue, visit: BookedVisit, now: datetime) -> list[Obstacle]:
    """Return why the clinician is not at the visit's location for all of it; empty if they are."""
    clinician = catalogue.one(Clinician, visit.clinician_id)
    places = working_places(catalogue, clinician, (), now.year)
    query = AvailabilityQuery(
        now=now,
        rules=VisitRules(duration_minutes=1, step_minutes=1),
        places=[place for place in places if place.location_id == visit.location_id],
        time_off=time_off_of(clinician),
    )
    return absences(query, TimeRange(visit.starts_at, visit.ends_at))


def free_clinicians(log: PracticeLog, visit: BookedVisit, now: datetime) -> Sequence[UUID]:
    """Return the other clinicians who could give the visit, in order of joining."""
    schedule = load_schedule(log, visit.service_id, None, start_window(visit.starts_at), now)
    free = []
    for clinician_id, query in schedule.clinician_candidates(without=visit.holder_id):
        if clinician_id != visit.clinician_id:
            try:
                slot_at(query, visit.starts_at)
            except SchedulingError:
                continue
            free.append(clinician_id)
    return free
