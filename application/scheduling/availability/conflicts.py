"""Conflicts: booked visits that cannot be given as booked, because something changed since.

The clinician is no longer present, has left, or no longer gives the service; the service is no
longer offered; a room or device is out of use or service; the patient was erased; or a merge of
patients showed that a person has two visits at the same time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.kernel.practice_log import PracticeLog
from application.patients.families import families_of
from application.scheduling.availability.schedule import load_schedule, start_window
from application.scheduling.availability.working_hours import leaves_at, out_of_service_of, time_off_of, working_places
from domain.kernel.time_range import TimeRange
from domain.patients.errors import PatientErasedError
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.explanation import Obstacle, ObstacleCause, absences
from domain.scheduling.availability.query import AvailabilityQuery, VisitRules
from domain.scheduling.errors import (
    ClinicianNotOfferingError,
    PatientBusyError,
    ResourceUnavailableError,
    SchedulingError,
)
from domain.scheduling.time_claim import TimeClaim


class BookedVisit(NamedTuple):
    """A visit, or a session of one of its staff; ``holder_id`` holds its time claims.

    ``erased_ids`` are those of its patients who were erased, ``elsewhere`` the other visits that
    its patients have at the same time under other ids.
    """

    holder_id: UUID
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    starts_at: datetime
    ends_at: datetime
    resource_ids: Sequence[UUID] = ()
    erased_ids: Sequence[UUID] = ()
    elsewhere: Sequence[TimeClaim] = ()


def conflicts_of(catalogue: Catalogue, visit: BookedVisit, now: datetime) -> list[Obstacle]:
    """Return why the visit cannot be given as it was booked; empty if it can."""
    return [
        *absences_during(catalogue, visit, now),
        *_of_the_service(catalogue, visit),
        *_of_resources(catalogue, visit),
        *erasures(visit),
        *_of_patients(visit),
    ]


def visits_elsewhere(
    log: PracticeLog, patients: Mapping[UUID, Collection[UUID]], window: TimeRange
) -> Mapping[UUID, Sequence[TimeClaim]]:
    """Return the claims that merged patients have at the same time under several ids, by holder.

    ``patients`` are those of each visit or session. Overlaps under one id were overridden, and
    those beside others as well.
    """
    ids = {id_ for each in patients.values() for id_ in each}
    families = {id_: family for id_, family in families_of(log.reader, ids).items() if len(family) > 1}
    if not families:
        return {}
    everyone = sorted({id_ for family in families.values() for id_ in family})
    claims = [claim for claim in log.reader.read_booking_context(everyone, window).claims if not claim.beside]
    found: dict[UUID, list[TimeClaim]] = defaultdict(list)
    for own in claims:
        family = families.get(own.what, ())
        found[own.holder_id] += [
            other
            for other in claims
            if other.what in family and other.what != own.what and other.during.overlaps(own.during)
        ]
    return found


def _of_patients(visit: BookedVisit) -> Iterator[Obstacle]:
    if visit.elsewhere:
        detail = "the patient, who was merged with another one, has another visit at this time; move or cancel one"
        yield Obstacle(PatientBusyError.code, detail, ObstacleCause.PATIENT_VISITS, claims=visit.elsewhere)


def erasures(visit: BookedVisit) -> list[Obstacle]:
    """Return the patients of the visit who were erased."""
    detail = "the patient was erased; cancel the visit, or keep it without a name"
    return [Obstacle(PatientErasedError.code, detail, ObstacleCause.PATIENT, stream_id=id_) for id_ in visit.erased_ids]


def _of_the_service(catalogue: Catalogue, visit: BookedVisit) -> Iterator[Obstacle]:
    service, code = catalogue.one(Service, visit.service_id), ClinicianNotOfferingError.code
    if not service.active:
        yield Obstacle(code, "the service is no longer offered", ObstacleCause.SERVICE)
    elif visit.clinician_id not in service.terms.clinician_ids:
        yield Obstacle(code, "the clinician no longer gives this service", ObstacleCause.SERVICE)


def _of_resources(catalogue: Catalogue, visit: BookedVisit) -> Iterator[Obstacle]:
    for id_ in visit.resource_ids:
        resource, why = catalogue.one(Resource, id_), None
        if not resource.active:
            why = "out of use", ObstacleCause.RESOURCE
        elif any(
            during.overlaps(TimeRange(visit.starts_at, visit.ends_at))
            for during in out_of_service_of(resource, catalogue.one(Location, resource.location_id).zone)
        ):
            why = "out of service", ObstacleCause.OUT_OF_SERVICE
        if why:
            detail = f"a {resource.kind} of this visit is {why[0]}"
            yield Obstacle(
                ResourceUnavailableError.code, detail, why[1], location_id=resource.location_id, stream_id=id_
            )


def absences_during(catalogue: Catalogue, visit: BookedVisit, now: datetime) -> list[Obstacle]:
    """Return why the clinician is not at the visit's location for all of it; empty if they are."""
    clinician = catalogue.one(Clinician, visit.clinician_id)
    places = working_places(catalogue, clinician, (), now.year)
    query = AvailabilityQuery(
        now=now,
        rules=VisitRules(duration_minutes=1, step_minutes=1),
        places=[place for place in places if place.location_id == visit.location_id],
        time_off=time_off_of(clinician),
        leaves_at=leaves_at(clinician),
    )
    return absences(query, TimeRange(visit.starts_at, visit.ends_at))


def free_clinicians(
    log: PracticeLog, visit: BookedVisit, obstacles: Sequence[Obstacle], now: datetime
) -> Sequence[UUID]:
    """Return the clinicians who could give the visit, in order of joining.

    Its own clinician is one of them if only a room or device is missing, and another one is free.
    """
    causes = {obstacle.cause for obstacle in obstacles}
    of_patients = {ObstacleCause.PATIENT, ObstacleCause.PATIENT_VISITS}
    if causes <= of_patients:
        return ()
    needs_resource_only = causes <= {ObstacleCause.RESOURCE, ObstacleCause.OUT_OF_SERVICE, *of_patients}
    # A visit that is given to a colleague keeps its length.
    minutes = (visit.ends_at - visit.starts_at) // timedelta(minutes=1)
    window = start_window(visit.starts_at)
    schedule = load_schedule(log, visit.service_id, None, window, now, duration_minutes=minutes)
    free = []
    for clinician_id, query in schedule.clinician_candidates(without=visit.holder_id):
        if clinician_id != visit.clinician_id or needs_resource_only:
            try:
                slot_at(query, visit.starts_at)
            except SchedulingError:
                continue
            free.append(clinician_id)
    return free
