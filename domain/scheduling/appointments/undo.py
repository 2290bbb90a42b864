"""Undo of appointment and session commands: time limits and the state that an undo restores."""

from datetime import datetime, timedelta
from typing import Final, NotRequired, TypedDict
from uuid import UUID

from domain.kernel.aggregate import Aggregate

GRACE: Final = timedelta(minutes=3)
"""Notifications wait this long, so that a command undone in time is not announced."""
CORRECTION: Final = timedelta(days=1)
"""Attendance can be corrected for this long after a visit."""

NOTES_CHANGED: Final = "notes_changed"


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
