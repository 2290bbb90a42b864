"""Undoes the last command on a session."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.conditions import Guard
from application.kernel.errors import NotFoundError
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import person_of
from application.scheduling.availability.schedule import expired_holders
from application.scheduling.availability.visit_limits import limit_guards
from application.scheduling.reach import own_session
from application.scheduling.sessions.roster_change import ROSTER_TRIES, in_turn
from domain.kernel.presence import PresenceGuard
from domain.patients.errors import PatientWithdrawnError
from domain.scheduling.errors import NothingToUndoError, NotLastError
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSession
from domain.scheduling.time_claim import TimeRelease

_IN_IT = (EnrolmentStatus.ENROLLED, EnrolmentStatus.WAITING)


@dataclass(frozen=True, slots=True)
class UndoSession(Command[GroupSession]):
    """``version`` is the one that the command made which is to be undone.

    Many people come to a session: without it somebody else's command might be the last one by now.
    """

    id: UUID
    version: int
    expected_version: int | None = None


@handles(UndoSession, needs=Permission.CHANGE_VISITS, within=own_session, tries=ROSTER_TRIES, detects_repeats=True)
def undo_session(log: PracticeLog, command: UndoSession, context: Context) -> Outcome[GroupSession]:
    """Restore the session to what it was before its last command.

    Raises NotLastError: it has changed since; what ``undo`` raises; NotFoundError, PatientWithdrawnError:
    a person to be restored is gone; TimeTakenError: others have the time; LimitReachedError.
    """
    with in_turn(log, command.id, context):
        session = log.load(GroupSession, command.id, command.expected_version)
        if session.version != command.version:
            raise NotLastError("the session, or its roster, has changed since; those changes stay: read its history")
        began = log.reader.began(session.id, session.version)
        if began is None:
            raise NothingToUndoError
        earlier = log.look_up(GroupSession, session.id, version=began.version - 1) if began.version > 1 else None
        session.undo(began.event_type.rpartition(".")[2], earlier, context.now)
        guards: list[Guard] = [*_time_guards(log, session, context)]
        # One command withdraws one person, so that at most one comes back, under whatever ids.
        for patient_id in _coming_back(session):
            person = person_of(log, patient_id)
            if person.is_erased:
                raise NotFoundError("patient")
            if person.is_withdrawn:
                raise PatientWithdrawnError
            guards.append(PresenceGuard(person.ids[0]))
        return log.commit(session, by=context.provenance, guards=guards)


def _time_guards(log: PracticeLog, session: GroupSession, context: Context) -> list[Guard]:
    if not any(isinstance(event, (GroupSession.Moved, GroupSession.Reinstated)) for event in session.pending_events):
        return [TimeRelease(session.id)] if session.is_archived else []
    claims = session.claims()
    found = log.reader.read_booking_context([claim.what for claim in claims], session.taken).claims
    return [
        *(TimeRelease(holder_id) for holder_id in (session.id, *expired_holders(found, context.now))),
        *claims,
        *limit_guards(log.catalogue(at_least=0), session),
    ]


def _coming_back(session: GroupSession) -> Iterator[UUID]:
    """Yield who gets a seat or a place in line again that they had given up."""
    for event in session.pending_events:
        if isinstance(event, GroupSession.StandingRestored) and event.before not in _IN_IT and event.status in _IN_IT:
            yield event.patient_id
