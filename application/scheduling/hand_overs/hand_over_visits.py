"""Gives the coming visits and sessions of a clinician to colleagues, or previews that.

A colleague takes a visit at its own time and location, on the terms that it was booked with, under
the rules of a single booking. A visit that nobody can take stays, with the reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import floor
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.catalogue import Catalogue
from application.kernel.commands import Command, Context, Query, QueryContext, answers, handles
from application.kernel.permissions import Actor, OutOfReachError, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.availability.own_terms import with_own_terms
from application.scheduling.availability.schedule import Schedule, active_claims, relevant_ids, relevant_time
from application.scheduling.availability.visit_limits import limit_guards
from application.scheduling.availability.working_hours import leaves_at
from application.scheduling.reach import previewed
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.practice.service import Service
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.availability.booking_context import BookingContext
from domain.scheduling.availability.clinician_choice import most_useful
from domain.scheduling.availability.joint_slot import joint_slot
from domain.scheduling.availability.open_periods import day_of, instant
from domain.scheduling.availability.query import AvailabilityQuery, Period, Slot
from domain.scheduling.availability.quotas import period_around, visit_claims, visits_by_day
from domain.scheduling.errors import (
    AlreadyCheckedInError,
    ClinicianNotOfferingError,
    NothingToHandOverError,
    SchedulingError,
)
from domain.scheduling.hand_over import HandedFields, HandOver, KeptFields
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeClaim, TimeRelease, claim_changes, pending_key

MAX_VISITS: Final = 500
"""The most visits and sessions of one hand-over: three months of a full schedule."""
_FAR: Final = datetime(2201, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverVisits(Command[HandOver]):
    """Visits that start on the dates, in the clinician's zone; both are included.

    ``from_date`` None: after the clinician's last date; ``until_date`` None: all after that.
    ``to_clinician_ids``: these colleagues, in order of preference; empty: all who give the service.
    ``notify``: tell the patients.
    """

    clinician_id: UUID
    from_date: date | None = None
    until_date: date | None = None
    to_clinician_ids: tuple[UUID, ...] = ()
    notify: bool = True

    def __post_init__(self) -> None:
        for field, on_date in (("from_date", self.from_date), ("until_date", self.until_date)):
            if on_date is not None and not 1970 <= on_date.year <= 2200:
                raise InvalidValueError(field, "the year is at least 1970 and at most 2200")


@dataclass(frozen=True, slots=True)
class PreviewHandOver(Query["HandOverPlan"]):
    command: HandOverVisits


@dataclass(frozen=True, slots=True)
class Handed:
    """A visit with the colleague who gets it; ``takers`` are all who could, the best first."""

    visit: Appointment | GroupSession
    slot: Slot
    takers: Sequence[UUID]

    @property
    def clinician_id(self) -> UUID:
        return self.takers[0]


@dataclass(frozen=True, slots=True)
class Kept:
    """A visit that stays; ``code`` is that of the reason."""

    visit: Appointment | GroupSession
    code: str


@dataclass(frozen=True, slots=True)
class HandOverPlan:
    """What a hand-over would do now, in order of time. The append releases ``expired`` holds."""

    clinician_id: UUID
    handed: Sequence[Handed]
    kept: Sequence[Kept]
    expired: Sequence[UUID]
    catalogue: Catalogue
    position: int


def _within_reach(log: PracticeLog, actor: Actor, command: HandOverVisits) -> None:
    """A key that is bound to a clinician gives nothing to colleagues."""
    if actor.clinician_id is not None:
        raise OutOfReachError("clinician")


@answers(PreviewHandOver, needs=Permission.CHANGE_VISITS, within=previewed(_within_reach))
def preview_hand_over(log: PracticeLog, query: PreviewHandOver, context: Context | QueryContext) -> HandOverPlan:
    """Raises NotFoundError: no such clinician; InvalidValueError: no date, or too many visits."""
    command, now = query.command, context.now
    catalogue = log.catalogue()
    clinician = catalogue.one(Clinician, command.clinician_id)
    for colleague_id in command.to_clinician_ids:
        catalogue.one(Clinician, colleague_id)
    period = _period(clinician, command, now)
    return _Planner(log, catalogue, command, now).plan(_visits_of(log, clinician.id, period))


@handles(HandOverVisits, needs=Permission.CHANGE_VISITS, within=_within_reach)
def hand_over_visits(log: PracticeLog, command: HandOverVisits, context: Context) -> Outcome[HandOver]:
    """Hand over what can be, in one append. Raises NothingToHandOverError; as the preview."""
    now = context.now
    plan = preview_hand_over(log, PreviewHandOver(command), context)
    if not plan.handed:
        raise NothingToHandOverError
    releases = [TimeRelease(holder_id) for holder_id in plan.expired]
    claims: list[TimeClaim] = []
    for each in plan.handed:
        before = each.visit.claims()
        if isinstance(each.visit, GroupSession):
            each.visit.move(_staff(each.visit, command.clinician_id, each.clinician_id), each.slot, now)
        else:
            each.visit.reassign(
                each.clinician_id, each.slot.location_id, each.slot.resource_ids, now, notify=command.notify
            )
        given_up, taken = claim_changes(before, each.visit.claims(), each.visit.patient_ids)
        releases += given_up
        claims += taken
    hand_over = HandOver.make(
        id=uuid7(),
        clinician_id=command.clinician_id,
        handed=[
            HandedFields(
                kind=_kind(each.visit),
                id=each.visit.id,
                starts_at=each.visit.starts_at,
                clinician_id=each.clinician_id,
            )
            for each in plan.handed
        ],
        kept=[
            KeptFields(kind=_kind(each.visit), id=each.visit.id, starts_at=each.visit.starts_at, code=each.code)
            for each in plan.kept
        ],
        at=now,
    )
    visits = [each.visit for each in plan.handed]
    limits = limit_guards(plan.catalogue, *(visit for visit in visits if visit.status != Status.REQUESTED))
    return log.commit(hand_over, *visits, by=context.provenance, guards=[*releases, *claims, *limits])


class _Planner:
    """Decides the visits one after the other: what one colleague takes is busy for the next."""

    def __init__(self, log: PracticeLog, catalogue: Catalogue, command: HandOverVisits, now: datetime) -> None:
        self._log = log
        self._catalogue = catalogue
        self._command = command
        self._now = now
        self._taken: list[TimeClaim] = []

    def plan(self, visits: Sequence[Appointment | GroupSession]) -> HandOverPlan:
        contexts = self._read(visits)
        handed: list[Handed] = []
        kept: list[Kept] = []
        expired: dict[UUID, None] = {}
        for visit, context in zip(visits, contexts, strict=True):
            try:
                decided = self._decide(visit, context)
            except SchedulingError as refusal:
                kept.append(Kept(visit, refusal.code))
            else:
                handed.append(decided)
                self._take(decided)
                expired |= dict.fromkeys(c.holder_id for c in context.claims if c.has_expired(self._now))
        position = contexts[-1].position if contexts else self._catalogue.position
        return HandOverPlan(self._command.clinician_id, handed, kept, list(expired), self._catalogue, position)

    def _read(self, visits: Sequence[Appointment | GroupSession]) -> Sequence[BookingContext]:
        """Read the claims around each visit in one round trip, with a catalogue as new as they."""
        if not visits:
            return []
        what: set[UUID] = set()
        windows: list[TimeRange] = []
        for visit in visits:
            service = self._catalogue.one(Service, visit.service_id)
            present = list(dict.fromkeys((*self._colleagues(visit), *_staff_of(visit))))
            what |= set(relevant_ids(self._catalogue, service, present, None))
            window = relevant_time(self._catalogue, service, present, visit.taken, has_own_terms=True)
            windows.append(self._with_whole_days(window, present, visit.starts_at))
        contexts = self._log.reader.read_booking_contexts(list(what), windows)
        self._catalogue = self._log.catalogue(at_least=max(context.catalogue_position for context in contexts))
        return contexts

    def _decide(self, visit: Appointment | GroupSession, context: BookingContext) -> Handed:
        """Raises SchedulingError: nobody can take the visit; the most useful of the reasons."""
        if visit.status == Status.CHECKED_IN:
            raise AlreadyCheckedInError
        claims = active_claims([*context.claims, *self._taken], self._now)
        service = self._catalogue.one(Service, visit.service_id)
        schedule = Schedule(service, self._catalogue, context, self._now, claims)
        takers: list[tuple[tuple[int, int, UUID], Slot]] = []
        refusals: list[SchedulingError] = [ClinicianNotOfferingError()]
        for rank, colleague_id in enumerate(self._colleagues(visit)):
            staff = _staff(visit, self._command.clinician_id, colleague_id)
            queries = {clinician_id: self._query(schedule, visit, clinician_id) for clinician_id in staff}
            try:
                slot = joint_slot(list(queries.values()), visit.starts_at)
            except SchedulingError as refusal:
                refusals.append(refusal)
                continue
            own = queries[colleague_id]
            visits_that_day = visits_by_day(own)[day_of(own.zone, floor(visit.starts_at.timestamp()))]
            preference = rank if self._command.to_clinician_ids else 0
            takers.append(((preference, visits_that_day, colleague_id), slot))
        if not takers:
            raise most_useful(refusals)
        takers.sort()
        return Handed(visit, takers[0][1], [place[2] for place, _ in takers])

    def _query(self, schedule: Schedule, visit: Appointment | GroupSession, clinician_id: UUID) -> AvailabilityQuery:
        query = schedule.query(clinician_id, without=visit.id, preferred=visit.resource_ids)
        query = with_own_terms(self._catalogue, query, visit, clinician_id, visit.starts_at)
        # The patients are expected where they were booked.
        return replace(query, places=[place for place in query.places if place.location_id == visit.location_id])

    def _take(self, handed: Handed) -> None:
        visit = handed.visit
        if visit.status != Status.REQUESTED:
            self._taken += [
                TimeClaim(visit.id, what, visit.taken, visit.during, visit.service_id)
                for what in (handed.clinician_id, *handed.slot.resource_ids)
            ]

    def _colleagues(self, visit: Appointment | GroupSession) -> list[UUID]:
        service = self._catalogue.one(Service, visit.service_id)
        wanted = self._command.to_clinician_ids or service.terms.clinician_ids
        present = (self._command.clinician_id, *_staff_of(visit))
        return [clinician_id for clinician_id in dict.fromkeys(wanted) if clinician_id not in present]

    def _with_whole_days(self, window: TimeRange, clinician_ids: Iterable[UUID], at: datetime) -> TimeRange:
        """Return the window with the day of each clinician, on which their visits are counted."""
        for clinician_id in clinician_ids:
            day = period_around(self._catalogue.one(Clinician, clinician_id).zone, Period.DAY, at)
            window = TimeRange(min(window.starts_at, day.starts_at), max(window.ends_at, day.ends_at))
        return window


def _period(clinician: Clinician, command: HandOverVisits, now: datetime) -> TimeRange:
    if command.from_date is not None:
        begins = _midnight(clinician, command.from_date)
    elif (left := leaves_at(clinician)) is not None:
        begins = left
    else:
        raise InvalidValueError("from_date", "name a date, or set the clinician's last date first")
    ends = _FAR if command.until_date is None else _midnight(clinician, command.until_date + timedelta(days=1))
    if ends <= max(begins, now):
        raise InvalidValueError("until_date", "the period is over, or ends before it begins")
    return TimeRange(max(begins, now), ends)


def _midnight(clinician: Clinician, on_date: date) -> datetime:
    return datetime.fromtimestamp(instant(clinician.zone, on_date.toordinal(), 0), UTC)


def _visits_of(log: PracticeLog, clinician_id: UUID, period: TimeRange) -> list[Appointment | GroupSession]:
    """Return the visits, requests and sessions of a clinician that start in a period, in order.

    Raises InvalidValueError: there are too many.
    """
    claims = log.reader.read_booking_context([clinician_id, pending_key(clinician_id)], period).claims
    ids = {claim.holder_id for claim in visit_claims(claims) if period.starts_at <= claim.visit.starts_at}
    if len(ids) > MAX_VISITS:
        raise InvalidValueError("until_date", f"there are more than {MAX_VISITS} visits; name a shorter period")
    found = [
        holder
        for holder in log.load_existing(list(ids))
        if isinstance(holder, Appointment | GroupSession)
        and holder.claims()
        and clinician_id in _staff_of(holder)
        and period.starts_at <= holder.starts_at < period.ends_at
    ]
    return sorted(found, key=lambda visit: (visit.starts_at, visit.id))


def _staff_of(visit: Appointment | GroupSession) -> Sequence[UUID]:
    return visit.staff_ids if isinstance(visit, GroupSession) else (visit.clinician_id,)


def _staff(visit: Appointment | GroupSession, leaving: UUID, colleague: UUID) -> list[UUID]:
    """Return the staff with the colleague in the place of the one who leaves."""
    return [colleague if clinician_id == leaving else clinician_id for clinician_id in _staff_of(visit)]


def _kind(visit: Appointment | GroupSession) -> str:
    return "session" if isinstance(visit, GroupSession) else "appointment"
