"""Decides many visits of one service at once, each by the function that a single booking is decided by.

Their busy times are read together, in one round trip, and what one visit is given is taken for those after it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from application.kernel.practice_log import PracticeLog
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
"""A series has one visit a day at most, and a visit with its buffers lasts 40 hours at most: those further off cannot matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedOccurrence:
    """A visit of a series, or a session of a course, that is to take place. ``location_id`` None leaves the place open.

    ``helper_ids`` are clinicians who have to be there too. Resources that are named are used; for what is required beyond them those
    that are preferred come first. ``holder_id`` is the id of its appointment or session, and ``agreed`` the appointment itself if it keeps
    its time: then it is asked for as it was agreed on. ``planned`` is the session itself if it moves: it keeps its length and what it
    needs. ``is_first``: the service's horizon binds it, as it binds any single booking.
    """

    index: int
    starts_at: datetime
    holder_id: UUID
    clinician_id: UUID
    helper_ids: tuple[UUID, ...] = ()
    location_id: UUID | None = None
    named: tuple[UUID, ...] = ()
    preferred: tuple[UUID, ...] = ()
    agreed: Appointment | None = None
    planned: GroupSession | None = None
    is_first: bool = False

    @property
    def staff_ids(self) -> tuple[UUID, ...]:
        return (self.clinician_id, *self.helper_ids)

    @property
    def is_known(self) -> bool:
        """Whether it is there already, under terms that the service may not have today."""
        return self.agreed is not None or self.planned is not None

    @property
    def window(self) -> TimeRange:
        """Its time with its buffers if it is known, its start if it is not."""
        if self.planned is not None:
            return taken_at(self.planned, self.starts_at)
        return self.agreed.taken if self.agreed else start_window(self.starts_at)


@dataclass(frozen=True, slots=True)
class GrantedSlot:
    wanted: RequestedOccurrence
    slot: Slot


@dataclass(frozen=True, slots=True)
class SlotDecisions:
    """What came of each visit, in the order of the series. ``schedule`` knows the service at that moment.

    ``expired`` are holds that still have claims; the append releases them.
    """

    schedule: Schedule
    granted: Sequence[GrantedSlot]
    conflicts: Sequence[Conflict]
    expired: Sequence[UUID]


def decide_all(
    log: PracticeLog,
    service_id: UUID,
    wanted: Sequence[RequestedOccurrence],
    now: datetime,
    *,
    moving: Collection[UUID] = (),
    is_backwards: bool = False,
) -> SlotDecisions:
    """Decide visits, which are not empty, in their order, or from the last to the first.

    ``moving`` are holders whose present times count as free, because they move in the same append; the one of a visit that is
    refused stays where it is, and counts again. Raises NotFoundError: there is no such service, clinician, location or resource.
    """
    diaries = _load_schedules(log, service_id, wanted, now)
    refused: dict[int, Conflict] = {}
    while True:
        granted, found = _pass(diaries, wanted, set(moving), refused, is_backwards)
        refused |= found
        # A visit that got the time of one refused later is decided again.
        if not (found and moving):
            break
    kept = sorted(granted, key=lambda each: each.wanted.index)
    expired = list(dict.fromkeys(holder for schedule in diaries.values() for holder in schedule.expired))
    return SlotDecisions(next(iter(diaries.values())), kept, [refused[index] for index in sorted(refused)], expired)


def decide_moves(
    log: PracticeLog,
    service_id: UUID,
    wanted: Sequence[RequestedOccurrence],
    now: datetime,
    present: Mapping[int, Appointment] | Mapping[int, GroupSession],
) -> SlotDecisions:
    """Decide visits that are there already, by index in ``present``, and move in one append. Raises what ``decide_all`` raises."""
    return decide_all(
        log,
        service_id,
        wanted,
        now,
        moving={each.holder_id for each in wanted},
        # The first to go is the one whose new time no other has now.
        is_backwards=any(each.starts_at > present[each.index].starts_at for each in wanted),
    )


def _pass(
    diaries: Mapping[int, Schedule],
    wanted: Sequence[RequestedOccurrence],
    leaving: set[UUID],
    refused: Mapping[int, Conflict],
    is_backwards: bool,
) -> tuple[list[GrantedSlot], dict[int, Conflict]]:
    leaving -= {each.holder_id for each in wanted if each.index in refused}
    granted: list[GrantedSlot] = []
    taken: list[list[TimeClaim]] = []
    found: dict[int, Conflict] = {}
    for each in reversed(wanted) if is_backwards else wanted:
        if each.index in refused:
            continue
        nearby = [claim for one in taken[-_NEIGHBOURS:] for claim in one]
        staff = [_query(diaries[each.index], each, id_, leaving, nearby) for id_ in each.staff_ids]
        query = staff[0]
        try:
            slot = joint_slot(staff, each.starts_at, each.named)
        except SchedulingError as error:
            found[each.index] = Conflict(each.index, each.starts_at, error.code, _whose(query, each, error, wanted))
            leaving.discard(each.holder_id)
        else:
            granted.append(GrantedSlot(each, slot))
            taken.append(_claims(query, each, slot, diaries[each.index].service.id))
    return granted, found


def _load_schedules(
    log: PracticeLog, service_id: UUID, wanted: Sequence[RequestedOccurrence], now: datetime
) -> dict[int, Schedule]:
    """Read the claims around each visit; all belong to a catalogue that is as new as they are."""
    catalogue = log.catalogue(at_least=0)
    clinicians = list(dict.fromkeys(id_ for each in wanted for id_ in each.staff_ids))
    # What was agreed on may need kinds of resources that the service does not require today.
    has_own_terms = any(each.is_known for each in wanted)
    named = {resource_id for each in wanted for resource_id in (*each.named, *each.preferred)}
    while True:
        service = catalogue.one(Service, service_id)
        contexts = log.reader.read_booking_contexts(
            relevant_ids(catalogue, service, clinicians, None if has_own_terms else named),
            [
                relevant_time(catalogue, service, each.staff_ids, each.window, has_own_terms=each.is_known)
                for each in wanted
            ],
        )
        newest = max(context.catalogue_position for context in contexts)
        if newest <= catalogue.position:
            break
        catalogue = log.catalogue(at_least=newest)
    for location_id in {each.location_id for each in wanted if each.location_id}:
        catalogue.one(Location, location_id)
    for resource_id in {resource_id for each in wanted for resource_id in each.named}:
        catalogue.one(Resource, resource_id)
    read = zip(wanted, contexts, strict=True)
    return {each.index: Schedule(service, catalogue, context, now, {}) for each, context in read}


def _query(
    schedule: Schedule,
    wanted: RequestedOccurrence,
    clinician_id: UUID,
    leaving: Collection[UUID],
    taken: Sequence[TimeClaim],
) -> AvailabilityQuery:
    others = [claim for claim in schedule.booking_context.claims if claim.holder_id not in leaving]
    known = replace(schedule, claims=active_claims([*others, *taken], schedule.now))
    query = known.query(clinician_id, preferred=wanted.preferred)
    places = [place for place in query.places if wanted.location_id in (None, place.location_id)]
    if wanted.agreed is not None:
        query = with_own_terms(schedule.catalogue, query, wanted.agreed, clinician_id, wanted.starts_at)
        return replace(query, places=places)
    if wanted.planned is not None:
        query = with_own_terms(schedule.catalogue, query, wanted.planned, clinician_id, wanted.starts_at)
    horizon_days = query.rules.horizon_days if wanted.is_first else ANY_HORIZON_DAYS
    return replace(query, places=places, rules=replace(query.rules, horizon_days=horizon_days))


def _claims(query: AvailabilityQuery, wanted: RequestedOccurrence, slot: Slot, service_id: UUID) -> list[TimeClaim]:
    visit = TimeRange(slot.starts_at, slot.ends_at)
    during = visit.with_buffers(query.rules.buffer_before_minutes, query.rules.buffer_after_minutes)
    return [
        TimeClaim(wanted.holder_id, what, during, visit, service_id) for what in (*wanted.staff_ids, *slot.resource_ids)
    ]


def _whose(
    query: AvailabilityQuery,
    wanted: RequestedOccurrence,
    error: SchedulingError,
    all_wanted: Sequence[RequestedOccurrence],
) -> UUID | None:
    """Return who has the clinician's time already; nobody if it is another visit of this series that is not booked yet."""
    if not isinstance(error, TimeTakenError):
        return None
    reach = query.rules.reach(start_window(wanted.starts_at))
    holders = [claim.holder_id for claim in query.busy if claim.during.overlaps(reach) and not claim.is_elsewhere]
    ours = {each.holder_id for each in all_wanted}
    return min(holders, key=lambda holder: holder in ours, default=None)
