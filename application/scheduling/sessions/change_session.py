"""Changes a session: its time, its staff, its rooms, how many seats it has."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.conditions import Guard
from application.kernel.permissions import Actor, Permission, authorise_session
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.availability.own_terms import taken_at, with_own_terms
from application.scheduling.availability.schedule import load_schedule
from application.scheduling.availability.visit_limits import limit_guards
from application.scheduling.reach import own_new_staff
from domain.practice.resource import Resource
from domain.scheduling.availability.joint_slot import joint_slot
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.terms import checked_staff
from domain.scheduling.time_claim import TimeRelease


@dataclass(frozen=True, slots=True)
class ChangeSession(Command[GroupSession]):
    """None stays as it is. Resources that are not named stay as far as they are free and where the staff are."""

    id: UUID
    starts_at: datetime | None = None
    staff_ids: tuple[UUID, ...] | None = None
    resource_ids: tuple[UUID, ...] | None = None
    seats: int | None = None
    expected_version: int | None = None


def _within_reach(log: PracticeLog, actor: Actor, command: ChangeSession) -> None:
    if actor.clinician_id is not None:
        staff_ids = log.load(GroupSession, command.id).staff_ids
        authorise_session(actor, staff_ids)
        own_new_staff(actor, staff_ids, command.staff_ids)


@handles(ChangeSession, needs=Permission.CHANGE_VISITS, within=_within_reach)
def change_session(log: PracticeLog, command: ChangeSession, context: Context) -> Outcome[GroupSession]:
    """Change a session; it keeps its length, its buffers and everybody on its roster.

    Raises what ``GroupSession.change_seats`` and ``GroupSession.move`` raise; what ``joint_slot``
    raises: the new time is not free.
    """
    now = context.now
    session = log.load(GroupSession, command.id, command.expected_version)
    # The outcome lists those who move up now, not those whom an earlier command moved up.
    session.moved_up = []
    is_alone = (command.starts_at, command.staff_ids, command.resource_ids) == (None, None, None)
    if command.seats is not None:
        session.change_seats(command.seats, now, fills=is_alone)
    if is_alone:
        return log.commit(session, by=context.provenance)
    staff = checked_staff(session.staff_ids if command.staff_ids is None else command.staff_ids)
    starts_at = command.starts_at or session.starts_at
    named = command.resource_ids or ()
    window = taken_at(session, starts_at)
    schedule = load_schedule(log, session.service_id, staff, window, now, has_own_terms=True)
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
    is_moved = session.move(staff, joint_slot(queries, starts_at, named), now)
    # Last, since the outcome shows the newest events: who moved up.
    session.fill(now)
    if not is_moved:
        return log.commit(session, by=context.provenance)
    guards: list[Guard] = [
        *(TimeRelease(holder_id) for holder_id in (session.id, *schedule.expired)),
        *session.claims(),
        *limit_guards(schedule.catalogue, session),
    ]
    return log.commit(session, by=context.provenance, guards=guards)
