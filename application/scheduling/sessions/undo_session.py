"""Undo the last command on a session."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.conditions import Guard
from application.kernel.errors import NotFoundError
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import person_of
from application.scheduling.availability.schedule import expired_holders
from application.scheduling.reach import own_session
from application.scheduling.series.plan_occurrences import time_guards
from application.scheduling.sessions.seats import Seats
from application.scheduling.sessions.session_roster import ROSTER_TRIES, in_turn
from domain.kernel.presence import PresenceGuard
from domain.patients.errors import PatientWithdrawnError
from domain.scheduling.errors import NothingToUndoError, NotLastError
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSession
from domain.scheduling.time_claim import TimeClaim, TimeRelease

_ON_ROSTER = (EnrolmentStatus.ENROLLED, EnrolmentStatus.WAITING)


@dataclass(frozen=True, slots=True)
class UndoSession(Change[GroupSession]):
    """``version`` is the version that the undone command made.

    Many use a session: without it, another one's command might be the last one by now.
    """

    version: int


@handles(UndoSession, needs=Permission.CHANGE_VISITS, within=own_session, tries=ROSTER_TRIES, detects_repeats=True)
def undo_session(log: PracticeLog, command: UndoSession, context: Context) -> Outcome[GroupSession]:
    """Restore the state of the session before its last command.

    Raises NotLastError: it has changed since; what ``GroupSession.undo`` raises; NotFoundError,
    PatientWithdrawnError: a patient to restore was erased or withdrawn; TimeTakenError,
    PatientBusyError, LimitReachedError.
    """
    with in_turn(log, command.id, context):
        session = log.load(GroupSession, command.id, command.expected_version)
        if session.version != command.version:
            raise NotLastError("the session, or its roster, has changed since; those changes stay: read its history")
        began = log.reader.began(session.id, session.version)
        if began is None:
            raise NothingToUndoError
        earlier = log.look_up(GroupSession, session.id, version=began.version - 1) if began.version > 1 else None
        seats, before = Seats(log, session), session.claims()
        session.undo(began.event_type.rpartition(".")[2], earlier, context.now)
        guards: list[Guard] = [*_time_guards(log, session, seats, before, context)]
        # One command withdraws one person, so at most one is restored, perhaps under several ids.
        for patient_id in _restored_patients(session):
            person = person_of(log, patient_id)
            if person.is_erased:
                raise NotFoundError("patient")
            if person.is_withdrawn:
                raise PatientWithdrawnError
            guards.append(PresenceGuard(person.ids[0]))
        return log.commit(session, by=context.provenance, guards=guards)


def _time_guards(
    log: PracticeLog, session: GroupSession, seats: Seats, before: Sequence[TimeClaim], context: Context
) -> list[Guard]:
    """Raises what ``Seats.refuse_busy`` raises, for patients whose seats come back."""
    claims = session.claims()
    seats.refuse_busy([c.what for c in claims if c.what in session.roster and c not in before and not c.beside])
    if not any(isinstance(event, (GroupSession.Moved, GroupSession.Reinstated)) for event in session.pending_events):
        return [TimeRelease(session.id)] if session.is_archived else seats.guards()
    found = log.reader.read_booking_context([claim.what for claim in claims], session.taken)
    expired = expired_holders(found.claims, context.now)
    return time_guards(
        log, [session], expired, at_least=found.catalogue_position, before=before, families=seats.families
    )


def _restored_patients(session: GroupSession) -> Iterator[UUID]:
    """Yield patients who get back a seat or a place in the waiting line that they gave up."""
    for event in session.pending_events:
        if (
            isinstance(event, GroupSession.StandingRestored)
            and event.before not in _ON_ROSTER
            and event.status in _ON_ROSTER
        ):
            yield event.patient_id
