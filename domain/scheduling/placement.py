"""When somebody last chose the time of a visit or of a session: by the rules of that day its time on the wall is to be told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from domain.kernel.aggregate import Aggregate
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.sessions.group_session import GroupSession, GroupSessionStatus

_TO_COME = (Status.REQUESTED, Status.BOOKED)


class Placement(NamedTuple):
    """A visit or a session that is still to come, and when its present time was chosen."""

    aggregate: Appointment | GroupSession
    chosen_at: datetime


def placed(events: Sequence[Aggregate.Event]) -> Placement | None:
    """Return what these events, all of one aggregate, have made; None if it is neither a visit nor a session, or is not to take place.

    Whoever confirms a visit, or gives it to somebody else, leaves its time as it was chosen. So does an undo, which brings back an
    earlier time with the day on which that one was chosen.
    """
    if not isinstance(events[0], Appointment.Booked | Appointment.Requested | GroupSession.Planned):
        return None
    aggregate: Any = None
    chosen: dict[datetime, datetime] = {}
    undone_at: datetime | None = None
    for event in events:
        before = aggregate.starts_at if aggregate else None
        aggregate = event.mutate(cast("Aggregate | None", aggregate))
        if isinstance(event, Appointment.Undone | GroupSession.Undone):
            undone_at = event.timestamp
        if aggregate.starts_at == before:
            continue
        if event.timestamp != undone_at or aggregate.starts_at not in chosen:
            chosen[aggregate.starts_at] = event.timestamp
    is_to_come = (
        aggregate.status in _TO_COME
        if isinstance(aggregate, Appointment)
        else aggregate.status is GroupSessionStatus.PLANNED
    )
    return Placement(aggregate, chosen[aggregate.starts_at]) if is_to_come else None
