"""Project the calendar: appointments, series, group sessions, courses and the catalogue."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.origin import VisitOrigin, origin_of
from domain.scheduling.appointments.status import Status
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from projections.engine.rows import Row, StreamRows, Write, insert, update
from projections.scheduling.calendar.catalogue_rows import CATALOGUE_KINDS, catalogue_writes
from projections.scheduling.calendar.former_places import former_place, leave
from projections.scheduling.calendar.plan_rows import course_writes, series_writes
from projections.scheduling.calendar.session_rows import session_writes

_COPIED: Final = (
    "patient_id",
    "service_id",
    "clinician_id",
    "location_id",
    "resource_ids",
    "starts_at",
    "ends_at",
    "buffer_before_minutes",
    "buffer_after_minutes",
    "mode",
    "price_amount_minor",
    "price_currency",
)
_OPTIONAL: Final = ("series_id", "occurrence", "original", "cancellation_notice_minutes", "assigned_starts_at")
"""Fields that not every appointment has."""
_CANCELLATION: Final = ("cancelled_at", "cancelled_by", "cancelled_late")
_CHANGED: Final = (
    "starts_at",
    "ends_at",
    "clinician_id",
    "location_id",
    "resource_ids",
    "price_amount_minor",
    "price_currency",
    "status",
)
_STATUS: Final = {
    Appointment.Booked.TOPIC: Status.BOOKED.value,
    Appointment.Requested.TOPIC: Status.REQUESTED.value,
    Appointment.Confirmed.TOPIC: Status.BOOKED.value,
    Appointment.Declined.TOPIC: Status.DECLINED.value,
    Appointment.Cancelled.TOPIC: Status.CANCELLED.value,
    Appointment.CheckedIn.TOPIC: Status.CHECKED_IN.value,
    Appointment.Completed.TOPIC: Status.COMPLETED.value,
    Appointment.NotAttended.TOPIC: Status.NO_SHOW.value,
    Appointment.Withdrawn.TOPIC: Status.ARCHIVED.value,
}
_INITIAL: Final = (Appointment.Booked.TOPIC, Appointment.Requested.TOPIC)

_INSERT: Final = insert("appointment")
_LEAVE: Final = leave("appointment", "array[t.clinician_id]")
_UPDATE: Final = update(
    "appointment",
    "appointment_id",
    *_CHANGED,
    "placed_position",
    # A cancellation replaces all columns of an earlier one, and another status clears them.
    **{
        name: f"case when r.cancelled_at is not null then r.{name}"
        f" when coalesce(r.status, t.status) = '{Status.CANCELLED.value}' then t.{name} end"
        for name in _CANCELLATION
    },
)


def appointment_writes(events: Sequence[LoggedEvent]) -> list[Write]:
    """Return the writes for events of appointments."""
    rows = StreamRows("appointment_id")
    left: list[Row] = []
    for event in events:
        topic, body = event.event_type, event.body
        status: Row = {"status": _STATUS[topic]} if topic in _STATUS else {}
        if topic in _INITIAL:
            row = {name: body[name] for name in _COPIED} | {"booked_at": event.effective_at} | status
            row["placed_position"] = event.position
            row["origin"] = _origin(event)
            row |= {name: body[name] for name in _OPTIONAL if name in body}
            rows.insert(event, row)
            continue
        changes = {name: body[name] for name in _CHANGED if name in body} | status
        if topic == Appointment.Cancelled.TOPIC:
            changes |= {
                "cancelled_at": event.effective_at,
                "cancelled_by": body.get("by"),
                "cancelled_late": body.get("late"),
            }
        elif changes.get("status", Status.CANCELLED) != Status.CANCELLED:
            changes |= dict.fromkeys(_CANCELLATION)
        # Each event that moves a visit has its resources.
        if "resource_ids" in body:
            left.append(former_place(rows.of(event), event))
            changes["placed_position"] = event.position
        rows.update(event, changes)
    return [Write(_INSERT, rows.inserted), Write(_LEAVE, left), Write(_UPDATE, rows.updated)]


def _origin(event: LoggedEvent) -> str:
    if event.event_type == Appointment.Requested.TOPIC:
        return VisitOrigin.REQUEST.value
    return origin_of(*(cast("str | None", event.body.get(name)) for name in ("origin", "series_id")))


_WRITES: Final[Mapping[str, Callable[[Sequence[LoggedEvent]], list[Write]]]] = {
    Appointment.TOPIC: appointment_writes,
    Series.TOPIC: series_writes,
    GroupSession.TOPIC: session_writes,
    Course.TOPIC: course_writes,
    "catalogue": catalogue_writes,
}


class CalendarProjector:
    name = "calendar"
    version = 2

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        by_type: dict[str, list[LoggedEvent]] = {kind: [] for kind in _WRITES}
        for event in events:
            kind = "catalogue" if event.event_type in CATALOGUE_KINDS else event.event_type.rpartition(".")[0]
            if kind in by_type:
                by_type[kind].append(event)
        return [write for kind, writes in _WRITES.items() for write in writes(by_type[kind])]
