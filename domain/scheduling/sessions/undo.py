"""Taking the last command on a session back: whether it can be, and what has to be recorded for that."""

from datetime import datetime
from typing import Final
from uuid import UUID

from domain.scheduling.appointments.undo import CORRECTION
from domain.scheduling.availability.query import Slot
from domain.scheduling.errors import AlreadyStartedError, NothingToUndoError, TooLateToUndoError
from domain.scheduling.sessions.errors import SeatGivenOnError
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSession
from domain.scheduling.sessions.group_session_events import PLANNED

_UNDONE: Final = "undone"
_ATTENDANCE: Final = "attendance_noted"
_GOING_FIRST: Final = (EnrolmentStatus.ARCHIVED, EnrolmentStatus.WITHDRAWN, EnrolmentStatus.WAITING)
"""Who leaves a seat does so before others take theirs again: at no version of a session is a seat sold twice."""


def undo(session: GroupSession, act: str, earlier: GroupSession | None, at: datetime) -> None:
    """Take the last command back: the session is again what it was before, which is ``earlier``. ``act`` is the command's first fact.

    Before it was planned it was nothing: ``earlier`` is None, and it is archived.

    What was agreed on can be undone until the session starts, who came until a day after its end. Whether the time is still free is
    for the claims to say. Raises NothingToUndoError, AlreadyStartedError, TooLateToUndoError; SeatGivenOnError: somebody who had waited
    has a seat by it, and may have been told.
    """
    _refuse(session, act, earlier or session, at)
    if earlier is None:
        session.trigger_event(GroupSession.Undone, act=PLANNED, patient_id=None, timestamp=at)
        return
    people = [
        id
        for id in dict.fromkeys((*session.roster, *session.waiting, *earlier.roster, *earlier.waiting))
        if _stand(session, id) != _stand(earlier, id)
    ]
    about = next(iter(people)) if len(people) == 1 else None
    session.trigger_event(GroupSession.Undone, act=act, patient_id=about, timestamp=at)
    back = {id: earlier.standing(id) for id in people}
    going = sorted((id for id in back if back[id].status in _GOING_FIRST), key=lambda id: back[id].place or 0)
    for id in going:
        _restore(session, id, earlier, at)
    if earlier.seats != session.seats:
        session.trigger_event(GroupSession.SeatsChanged, seats=earlier.seats, timestamp=at)
    if session.is_cancelled and not earlier.is_cancelled:
        session.trigger_event(GroupSession.Reinstated, timestamp=at)
    if (session.staff_ids, _place(session)) != (earlier.staff_ids, _place(earlier)):
        session.move(earlier.staff_ids, _place(earlier), at)
    for id in sorted(back.keys() - set(going), key=lambda id: back[id].place or 0):
        _restore(session, id, earlier, at)


def _refuse(session: GroupSession, act: str, earlier: GroupSession, at: datetime) -> None:
    if act == _UNDONE:
        raise NothingToUndoError
    if act == _ATTENDANCE:
        if at >= session.ends_at + CORRECTION:
            raise TooLateToUndoError("this can be undone up to a day after the session")
        return
    if at >= min(session.starts_at, earlier.starts_at):
        raise AlreadyStartedError("the session has started")
    if any(id in earlier.waiting for id in session.roster) and at >= session.grace_until:
        raise SeatGivenOnError


def _restore(session: GroupSession, id: UUID, earlier: GroupSession, at: datetime) -> None:
    now, then = session.standing(id), earlier.standing(id)
    session.trigger_event(
        GroupSession.StandingRestored,
        patient_id=id,
        before=now.status.value,
        status=then.status.value,
        place=then.place,
        attended=then.attended,
        timestamp=at,
    )


def _place(session: GroupSession) -> Slot:
    return Slot(session.starts_at, session.ends_at, session.location_id, tuple(session.resource_ids))


def _stand(session: GroupSession, id: UUID) -> tuple[EnrolmentStatus, bool | None]:
    standing = session.standing(id)
    return standing.status, standing.attended
