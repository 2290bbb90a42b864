"""Undo of appointment and session commands: time limits and the state that an undo restores."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NotRequired, TypedDict
from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.scheduling.errors import AlreadyStartedError, TooLateToUndoError

if TYPE_CHECKING:
    from domain.scheduling.appointments.appointment import Appointment

GRACE: Final = timedelta(minutes=3)
"""Notifications wait this long, so that a command undone in time is not announced."""
CORRECTION: Final = timedelta(days=1)
"""Attendance can be corrected for this long after a visit."""

NOTES_CHANGED: Final = "notes_changed"
_ATTENDANCE: Final = ("checked_in", "completed", "not_attended")


def grace_after(command_at: datetime) -> datetime:
    """Return when a command may be announced, unless it is undone before."""
    return command_at + GRACE


class UndoableAggregate(Aggregate):
    """An aggregate whose last command may be undone before it is announced."""

    @property
    def grace_until(self) -> datetime:
        return grace_after(self.modified_on)


class UndoState(TypedDict):
    """The state of an appointment before ``act``, its last command that changed more than notes.

    The price is there only if the command changed it.
    """

    act: str
    status: str
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    beside: list[UUID]
    price_amount_minor: NotRequired[int]
    price_currency: NotRequired[str]


def state_before(appointment: Appointment, act: str) -> UndoState:
    """Return the present state, to which an undo of ``act`` returns."""
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


def refuse_late_undo(appointment: Appointment, earlier: UndoState, at: datetime) -> None:
    """Raises AlreadyStartedError; TooLateToUndoError: attendance, a day after the visit."""
    if earlier["act"] in _ATTENDANCE:
        if at >= appointment.ends_at + CORRECTION:
            raise TooLateToUndoError
    elif at >= min(appointment.starts_at, earlier["starts_at"]):
        raise AlreadyStartedError
