"""Change a session's time, staff, rooms or number of seats, or cancel it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Actor, Permission, authorise_session
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.families import families_of
from application.scheduling.availability.own_terms import taken_at, with_own_terms
from application.scheduling.availability.schedule import load_schedule
from application.scheduling.reach import own_new_staff, own_session
from application.scheduling.series.plan_occurrences import time_guards
from application.scheduling.sessions.seats import Seats
from domain.practice.resource import Resource
from domain.scheduling.availability.availability import patient_visits
from domain.scheduling.availability.joint_slot import joint_slot
from domain.scheduling.availability.override import clean_override_reason
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.group_session_terms import checked_staff
from domain.scheduling.time_claim import TimeClaim, TimeRelease


@dataclass(frozen=True, slots=True)
class ChangeSession(Change[GroupSession]):
    """None changes nothing; present resources stay where they are free and at the location.

    ``override_reason``: move although patients on the roster have other visits at the new time;
    personal, 1 to 1000 characters, stored only with their seats.
    """

    starts_at: datetime | None = None
    staff_ids: tuple[UUID, ...] | None = None
    resource_ids: tuple[UUID, ...] | None = None
    seats: int | None = None
    override_reason: str | None = None

    def __post_init__(self) -> None:
        if self.override_reason is not None:
            clean_override_reason(self.override_reason)


@dataclass(frozen=True, slots=True)
class CancelSession(Change[GroupSession]):
    """``reason`` is free text, personal, 1 to 1000 characters."""

    reason: str


def _within_reach(log: PracticeLog, actor: Actor, command: ChangeSession) -> None:
    if actor.clinician_id is not None:
        staff_ids = log.load(GroupSession, command.id).staff_ids
        authorise_session(actor, staff_ids)
        own_new_staff(actor, staff_ids, command.staff_ids)


def _permission(command: ChangeSession) -> Permission:
    return Permission.CHANGE_VISITS if command.override_reason is None else Permission.DOUBLE_BOOK


@handles(ChangeSession, needs=_permission, within=_within_reach)
def change_session(log: PracticeLog, command: ChangeSession, context: Context) -> Outcome[GroupSession]:
    """Change a session, which keeps its length, buffers and roster.

    Raises what ``GroupSession.change_seats``, ``GroupSession.move`` and ``joint_slot`` raise;
    NotFoundError: no such clinician or resource.
    """
    now = context.now
    session = log.load(GroupSession, command.id, command.expected_version)
    # The outcome lists those who move up now, not those whom an earlier command moved up.
    session.moved_up = []
    seats, before = Seats(log, session), session.claims()
    keeps_slot = (command.starts_at, command.staff_ids, command.resource_ids) == (None, None, None)
    if command.seats is not None:
        session.change_seats(command.seats, now, fills=keeps_slot, refusal=seats.refusal)
    if keeps_slot:
        return log.commit(session, by=context.provenance, guards=seats.guards())
    staff = checked_staff(session.staff_ids if command.staff_ids is None else command.staff_ids)
    starts_at = command.starts_at or session.starts_at
    named = command.resource_ids or ()
    window = taken_at(session, starts_at)
    families = families_of(log.reader, session.roster)
    schedule = load_schedule(log, session.service_id, staff, window, now, has_own_terms=True, families=families)
    for resource_id in named:
        schedule.catalogue.one(Resource, resource_id)
    queries = [
        with_own_terms(
            schedule.catalogue,
            schedule.query(clinician_id, without=session.id, preferred=session.resource_ids),
            session,
            clinician_id,
            starts_at,
        )
        for clinician_id in staff
    ]
    lead = queries[0]
    others = [] if command.override_reason is None else patient_visits(lead, starts_at)
    if others:
        queries = [replace(query, patient_busy=()) for query in queries]
    is_moved = session.move(staff, joint_slot(queries, starts_at, named), now)
    for patient_id, holders in _holders_by_patient(others).items():
        session.exempt(patient_id, holders, command.override_reason or "", now)
    # Last, since the outcome shows the newest events: who moved up.
    session.fill(now, seats.refusal)
    if not is_moved:
        return log.commit(session, by=context.provenance, guards=seats.guards())
    guards = time_guards(log, [session], schedule.expired, before=before, families={**families, **seats.families})
    return log.commit(session, by=context.provenance, guards=guards)


def _holders_by_patient(claims: Iterable[TimeClaim]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for claim in claims:
        found[claim.what].append(claim.holder_id)
    return found


@handles(CancelSession, needs=Permission.CHANGE_VISITS, within=own_session)
def cancel_session(log: PracticeLog, command: CancelSession, context: Context) -> Outcome[GroupSession]:
    """Cancel a session; it keeps its roster, so that the patients can be informed."""
    session = log.load(GroupSession, command.id, command.expected_version)
    session.cancel(command.reason, context.now)
    return log.commit(session, by=context.provenance, guards=[TimeRelease(session.id)])
