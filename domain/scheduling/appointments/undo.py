"""Taking a command back: for how long, and to what."""

from datetime import datetime, timedelta
from typing import Any, Final, TypedDict
from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.scheduling.errors import AlreadyStartedError, NothingToUndoError, NotLastError, TooLateToUndoError

GRACE: Final = timedelta(minutes=3)
"""How long nobody is told of a command: undone within this time, it never leaves the practice."""
CORRECTION: Final = timedelta(days=1)
"""How long after a visit it can be corrected whether the patient came."""

NOTES_CHANGED: Final = "notes_changed"
_ATTENDANCE: Final = ("checked_in", "completed", "not_attended")


def grace_after(command_at: datetime) -> datetime:
    """Return when others may be told of a command, unless it is undone before."""
    return command_at + GRACE


class UndoableAggregate(Aggregate):
    """What is undone as visits and sessions are: nobody is told of its last command yet."""

    @property
    def grace_until(self) -> datetime:
        return grace_after(self.modified_on)


class UndoState(TypedDict):
    """What an appointment was before its last command on more than its notes, ``act``, and would be again if that were undone."""

    act: str
    status: str
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    beside: list[UUID]


def as_it_is(appointment: Any, act: str) -> UndoState:
    """Return what an undo of ``act``, which comes next, would restore."""
    return {
        "act": act,
        "status": appointment.status,
        "clinician_id": appointment.clinician_id,
        "location_id": appointment.location_id,
        "resource_ids": appointment.resource_ids,
        "starts_at": appointment.starts_at,
        "ends_at": appointment.ends_at,
        "beside": appointment.beside,
    }


def remember(appointment: Any, act: str, *, status: str | None = None) -> None:
    """Let ``act``, which comes next, be what an undo takes back. Undone, it leaves the visit as it is, or in another ``status``."""
    earlier = as_it_is(appointment, act)
    appointment.earlier = earlier if status is None else {**earlier, "status": status}
    appointment.last_act = act


def undoable(appointment: Any, act: str | None, at: datetime) -> UndoState:
    """Return what an undo of the last command restores. If ``act`` is named: of that one, if it was the last but for notes, which stand
    apart; or of the last change of the notes.

    What was agreed on can be undone until the visit starts, whether the patient came until a day after its end, notes at any time.
    Raises NothingToUndoError: it was undone already; NotLastError: another one came after it; AlreadyStartedError, TooLateToUndoError.
    """
    act = act or appointment.last_act
    if act == NOTES_CHANGED and appointment.notes_before:
        return as_it_is(appointment, act)
    earlier: UndoState | None = appointment.earlier
    if earlier is None or act in (None, NOTES_CHANGED):
        raise NothingToUndoError
    if earlier["act"] != act:
        raise NotLastError
    if act in _ATTENDANCE:
        if at >= appointment.ends_at + CORRECTION:
            raise TooLateToUndoError
    elif at >= min(appointment.starts_at, earlier["starts_at"]):
        raise AlreadyStartedError
    return earlier


def earlier_notes(appointment: Any) -> dict[str, object]:
    """Return the fields of the fact that brings notes back, after a change of them that is ``undoable``."""
    notes, by_itself = appointment.notes_before
    return {"patient_id": appointment.patient_id, "notes": notes, "by_itself": by_itself, "act": "undone"}
