"""Find slots for several visits or sessions of one service, each decided as a single booking.

One round trip reads their time claims. The slot of one visit is busy time for those after it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.patients.families import Families
from application.scheduling.availability.own_terms import taken_at, with_own_terms
from application.scheduling.availability.schedule import (
    Schedule,
    active_claims,
    relevant_ids,
    relevant_time,
    start_window,
)
from domain.kernel.time_range import TimeRange
from domain.practice.location import Location
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.availability.joint_slot import joint_slot
from domain.scheduling.availability.query import AvailabilityQuery, Slot
from domain.scheduling.errors import SchedulingError, TimeTakenError
from domain.scheduling.series.errors import Conflict
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeClaim

ANY_HORIZON_DAYS: Final = 10_000
_NEIGHBOURS: Final = 16
"""A series has at most one visit a day, of at most 40 hours: others are too far off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedOccurrence:
    """A visit of a series, or a session of a course, that needs a slot.

    The first of ``staff_ids`` leads; ``patient_ids`` are those of the visit, or on the roster.
    ``location_id`` None allows every location. The slot has the ``named`` resources. ``holder_id``
    is the id of the appointment or session, and ``present`` its state before the change, whose
    terms it keeps; None for a new one.
    """

    index: int
    starts_at: datetime
    holder_id: UUID
    staff_ids: tuple[UUID, ...]
    location_id: UUID | None = None
    named: tuple[UUID, ...] = ()
    present: Appointment | GroupSession | None = None
    patient_ids: tuple[UUID, ...] = ()

    @property
    def preferred(self) -> Sequence[UUID]:
        """Its present resources, chosen before others."""
        return self.present.resource_ids if self.present else ()

    @property
    def window(self) -> TimeRange:
        """The time with buffers under the terms that it keeps; of a new one, its start."""
        return taken_at(self.present, self.starts_at) if self.present else start_window(self.starts_at)


@dataclass(frozen=True, slots=True)
class GrantedSlot:
    requested: RequestedOccurrence
    slot: Slot


@dataclass(frozen=True, slots=True)
class SlotDecisions:
    """Slots and conflicts in the order of the occurrences.

    ``expired`` are holds that still have claims; the append releases them.
    """

    service: Service
    granted: Sequence[GrantedSlot] = ()
    conflicts: Sequence[Conflict] = ()
    expired: Sequence[UUID] = ()


def decide_all(
    log: PracticeLog,
    service_id: UUID,
    requested: Sequence[RequestedOccurrence],
    now: datetime,
    families: Families,
) -> SlotDecisions:
    """Find a slot for each requested occurrence; there is at least one.

    ``families`` are all ids of the person behind each of the patients.
    The present times of visits that move count as free, unless a conflict keeps the visit there.
    Raises NotFoundError: no such service, clinician, location or resource.
    """
    schedules = _load_schedules(log, service_id, requested, now, families)
    # Visits that move to later times are decided from the last: no other has its new time now.
    is_backwards = any(each.present and each.starts_at > each.present.starts_at for each in requested)
    order = requested[::-1] if is_backwards else requested
    conflicts: dict[int, Conflict] = {}
    while True:
        granted, found = _decide_once(schedules, order, conflicts)
        conflicts |= found
        # A conflict leaves a visit at its present time, which another one may have been granted.
        if not any(each.present and each.index in found for each in requested):
            break
    expired = list(dict.fromkeys(holder for schedule in schedules.values() for holder in schedule.expired))
    service = next(iter(schedules.values())).service
    return SlotDecisions(
        service,
        sorted(granted, key=lambda each: each.requested.index),
        [conflicts[index] for index in sorted(conflicts)],
        expired,
    )


def _decide_once(
    schedules: Mapping[int, Schedule], requested: Sequence[RequestedOccurrence], refused: Collection[int]
) -> tuple[list[GrantedSlot], dict[int, Conflict]]:
    """Decide all but the refused occurrences. Return granted slots, and new conflicts by index."""
    moving = {each.holder_id for each in requested if each.present and each.index not in refused}
    granted: list[GrantedSlot] = []
    taken: list[list[TimeClaim]] = []
    found: dict[int, Conflict] = {}
    for each in requested:
        if each.index in refused:
            continue
        nearby = [claim for claims in taken[-_NEIGHBOURS:] for claim in claims]
        queries = [_query(schedules[each.index], each, id, moving, nearby) for id in each.staff_ids]
        try:
            slot = joint_slot(queries, each.starts_at, each.named)
        except SchedulingError as error:
            holder_id = _conflicting_id(queries[0], each, error, requested)
            found[each.index] = Conflict(each.index, each.starts_at, error.code, holder_id)
            moving.discard(each.holder_id)
        else:
            granted.append(GrantedSlot(each, slot))
            taken.append(_claims(queries[0], granted[-1], schedules[each.index].service.id))
    return granted, found


def _load_schedules(
    log: PracticeLog,
    service_id: UUID,
    requested: Sequence[RequestedOccurrence],
    now: datetime,
    families: Families,
) -> dict[int, Schedule]:
    """Read the claims around each occurrence, and a catalogue that is as new as they are."""
    catalogue = log.catalogue_with(service_id)
    clinicians = list(dict.fromkeys(id for each in requested for id in each.staff_ids))
    # Kept terms may need kinds of resources that the service does not require today.
    needs_all_resources = any(each.present for each in requested)
    named = {id for each in requested for id in (*each.named, *each.preferred)}
    people = {id for ids in families.values() for id in ids}
    while True:
        service = catalogue.one(Service, service_id)
        contexts = log.reader.read_booking_contexts(
            [*relevant_ids(catalogue, service, clinicians, None if needs_all_resources else named), *people],
            [
                relevant_time(catalogue, service, each.staff_ids, each.window, has_own_terms=each.present is not None)
                for each in requested
            ],
        )
        newest = max(context.catalogue_position for context in contexts)
        if newest <= catalogue.position:
            break
        catalogue = log.catalogue(at_least=newest)
    for location_id in {each.location_id for each in requested if each.location_id}:
        catalogue.one(Location, location_id)
    for resource_id in {id for each in requested for id in each.named}:
        catalogue.one(Resource, resource_id)
    return {
        each.index: Schedule(
            service, catalogue, context, now, {}, families={id: families[id] for id in each.patient_ids}
        )
        for each, context in zip(requested, contexts, strict=True)
    }


def _query(
    schedule: Schedule,
    requested: RequestedOccurrence,
    clinician_id: UUID,
    moving: Collection[UUID],
    taken: Sequence[TimeClaim],
) -> AvailabilityQuery:
    others = [claim for claim in schedule.booking_context.claims if claim.holder_id not in moving]
    schedule = replace(schedule, claims=active_claims([*others, *taken], schedule.now))
    query = schedule.query(clinician_id, preferred=requested.preferred)
    places = [place for place in query.places if requested.location_id in (None, place.location_id)]
    if requested.present:
        query = with_own_terms(schedule.catalogue, query, requested.present, clinician_id, requested.starts_at)
    # The service's horizon binds the first occurrence of a new series, as any single booking.
    is_first = requested.present is None and requested.index == 1
    horizon_days = query.rules.horizon_days if is_first else ANY_HORIZON_DAYS
    return replace(query, places=places, rules=replace(query.rules, horizon_days=horizon_days))


def _claims(query: AvailabilityQuery, granted: GrantedSlot, service_id: UUID) -> list[TimeClaim]:
    requested, visit = granted.requested, granted.slot.during
    during = visit.with_buffers(query.rules.buffer_before_minutes, query.rules.buffer_after_minutes)
    taken = [(what, during) for what in (*requested.staff_ids, *granted.slot.resource_ids)]
    taken += [(patient_id, visit) for patient_id in requested.patient_ids]
    return [TimeClaim(requested.holder_id, what, time, visit, service_id) for what, time in taken]


def _conflicting_id(
    query: AvailabilityQuery,
    requested: RequestedOccurrence,
    error: SchedulingError,
    series: Sequence[RequestedOccurrence],
) -> UUID | None:
    """Return the visit that has the clinician's time, preferably one outside the series."""
    if not isinstance(error, TimeTakenError):
        return None
    reach = query.rules.reach(start_window(requested.starts_at))
    holders = [claim.holder_id for claim in query.busy if claim.during.overlaps(reach) and not claim.is_elsewhere]
    own = {each.holder_id for each in series}
    return min(holders, key=lambda holder: holder in own, default=None)
