"""How far an appointment has come, and what that rules out."""

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
    """requested -> booked | declined; booked -> checked_in -> completed | no_show; requested, booked or checked_in -> cancelled.

    A booking or request that was undone is archived: nobody had cancelled it. So is whatever an import booked that was undone.
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
"""Who holds time. A request holds none yet, and whoever is over none any more, except that a completed visit has used its own."""

_OVER: Final[dict[str, type[SchedulingError]]] = {
    Status.CANCELLED: AlreadyCancelledError,
    Status.DECLINED: AlreadyDeclinedError,
    Status.ARCHIVED: AlreadyArchivedError,
    Status.COMPLETED: AlreadyClosedError,
    Status.NO_SHOW: AlreadyClosedError,
}


def refuse_closed(status: str) -> None:
    """Raise why the visit is over, if it is."""
    if refusal := _OVER.get(status):
        raise refusal


def refuse_fixed(status: str) -> None:
    """Raise AlreadyCheckedInError, or why the visit is over, if it cannot be moved any more."""
    refuse_closed(status)
    if status == Status.CHECKED_IN:
        raise AlreadyCheckedInError


def refuse_unagreed(status: str) -> None:
    """Raise NotConfirmedError, or why the visit is over, if nobody can come to it."""
    refuse_closed(status)
    if status == Status.REQUESTED:
        raise NotConfirmedError
