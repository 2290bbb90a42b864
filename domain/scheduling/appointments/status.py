"""The status of an appointment, and the checks that depend on it alone."""

from enum import StrEnum
from typing import Final

from domain.scheduling.errors import (
    AlreadyArchivedError,
    AlreadyCancelledError,
    AlreadyCheckedInError,
    AlreadyClosedError,
    AlreadyDeclinedError,
    NotConfirmedError,
    SchedulingError,
)


class Status(StrEnum):
    """requested -> booked | declined; booked -> checked_in -> completed | no_show.

    requested, booked or checked_in -> cancelled. A booking or request that was undone, or whose
    import was undone, is archived.
    """

    REQUESTED = "requested"
    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    ARCHIVED = "archived"


HOLDING: Final = (Status.BOOKED, Status.CHECKED_IN, Status.COMPLETED)
"""The statuses in which an appointment claims its time."""

_CLOSED: Final[dict[str, type[SchedulingError]]] = {
    Status.CANCELLED: AlreadyCancelledError,
    Status.DECLINED: AlreadyDeclinedError,
    Status.ARCHIVED: AlreadyArchivedError,
    Status.COMPLETED: AlreadyClosedError,
    Status.NO_SHOW: AlreadyClosedError,
}


def refuse_closed(status: str) -> None:
    """Raise the error of a closed status: AlreadyCancelledError, AlreadyClosedError and so on."""
    if refusal := _CLOSED.get(status):
        raise refusal


def refuse_fixed(status: str) -> None:
    """Raise AlreadyCheckedInError, or what ``refuse_closed`` raises: the visit cannot be moved."""
    refuse_closed(status)
    if status == Status.CHECKED_IN:
        raise AlreadyCheckedInError


def refuse_unagreed(status: str) -> None:
    """Raise NotConfirmedError, or what ``refuse_closed`` raises: the visit cannot be attended."""
    refuse_closed(status)
    if status == Status.REQUESTED:
        raise NotConfirmedError
