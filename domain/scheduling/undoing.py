"""Taking a command back: for how long, and to what."""

from datetime import datetime, timedelta
from typing import Any, Final, TypedDict
from uuid import UUID

from domain.scheduling.errors import AlreadyStartedError, NothingToUndoError, TooLateToUndoError

GRACE: Final = timedelta(minutes=3)
"""How long nobody is told of a command: undone within this time, it never leaves the practice."""
CORRECTION: Final = timedelta(days=1)
"""How long after a visit it can be corrected whether the patient came."""

_ATTENDANCE: Final = ("checked_in", "completed", "not_attended")


class Earlier(TypedDict):
    """What an appointment was before its last command, ``act``, and would be again if that were undone."""

    act: str
    status: str
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    beside: list[UUID]


def as_it_is(appointment: Any, act: str) -> Earlier:
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


def undoable(earlier: Earlier | None, starts_at: datetime, ends_at: datetime, at: datetime) -> Earlier:
    """Return what an undo restores. ``earlier`` is None where the last command was undone already.

    What was agreed on can be undone until the visit starts, whether the patient came until a day after its end.
    Raises NothingToUndoError, AlreadyStartedError, TooLateToUndoError.
    """
    if earlier is None:
        raise NothingToUndoError
    if earlier["act"] in _ATTENDANCE:
        if at >= ends_at + CORRECTION:
            raise TooLateToUndoError
    elif at >= min(starts_at, earlier["starts_at"]):
        raise AlreadyStartedError
    return earlier
