"""When the time of a visit or session was chosen, under the zone rules of that day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

from domain.kernel.aggregate import Aggregate
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.sessions.group_session import GroupSession, GroupSessionStatus

_UPCOMING = (Status.REQUESTED, Status.BOOKED, GroupSessionStatus.PLANNED)


class Placement(NamedTuple):
    """An upcoming visit or session, and when its present time was chosen."""

    aggregate: Appointment | GroupSession
    chosen_at: datetime


def placed(events: Sequence[Aggregate.Event]) -> Placement | None:
    """Fold the events of one stream; return None unless it is an upcoming visit or session.

    Confirming or reassigning keeps the time and when it was chosen. An undo restores an earlier
    time together with when that was chosen.
    """
    if not isinstance(events[0], Appointment.Booked | Appointment.Requested | GroupSession.Planned):
        return None
    holder: Appointment | GroupSession | None = None
    chosen: dict[datetime, datetime] = {}
    undone_at: datetime | None = None
    for event in events:
        before = holder.starts_at if holder else None
        holder = cast("Appointment | GroupSession", event.mutate(holder))
        if isinstance(event, Appointment.Undone | GroupSession.Undone):
            undone_at = event.timestamp
        if holder.starts_at != before and (event.timestamp != undone_at or holder.starts_at not in chosen):
            chosen[holder.starts_at] = event.timestamp
    if holder is None or holder.status not in _UPCOMING:
        return None
    return Placement(holder, chosen[holder.starts_at])
