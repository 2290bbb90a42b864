"""Keeps the calendar: one row a visit, a series, a session, a course, and one for each place that a visit or session has left."""

from collections.abc import Sequence
from typing import Final

from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from projections.engine.rows import Row, Write, insert
from projections.scheduling.calendar.catalogue_rows import OF_THE_CATALOGUE, catalogue_writes
from projections.scheduling.calendar.course_rows import OF_A_COURSE, course_writes
from projections.scheduling.calendar.former_places import place_left
from projections.scheduling.calendar.series_rows import OF_A_SERIES, series_writes
from projections.scheduling.calendar.session_rows import OF_A_SESSION, session_writes

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
_OF_A_SERIES: Final = ("series_id", "occurrence", "original")
"""Columns of visits that were booked in a series, and left out for the others."""
_STATUS_FIRST: Final = {
    Appointment.Booked.TOPIC: Status.BOOKED.value,
    Appointment.Requested.TOPIC: Status.REQUESTED.value,
}
_STATUS_AFTER: Final = {
    Appointment.Confirmed.TOPIC: Status.BOOKED.value,
    Appointment.Declined.TOPIC: Status.DECLINED.value,
    Appointment.Cancelled.TOPIC: Status.CANCELLED.value,
    Appointment.CheckedIn.TOPIC: Status.CHECKED_IN.value,
    Appointment.Completed.TOPIC: Status.COMPLETED.value,
    Appointment.NotAttended.TOPIC: Status.NO_SHOW.value,
    Appointment.Withdrawn.TOPIC: Status.ARCHIVED.value,
}
_OF_A_VISIT: Final = f"{Appointment.TOPIC}."
_MOVED: Final = ("starts_at", "ends_at", "clinician_id", "location_id", "resource_ids", "status")
"""What later facts may tell anew."""
_PLACE: Final = ("clinician_id", "resource_ids", "starts_at", "ends_at")
_TELLS_PLACE: Final = "resource_ids"
"""What each fact has that puts a visit somewhere else."""

_INSERT: Final = insert("appointment")

# The former place, if the batch knows it; otherwise it is read from the visit's row before the update.
_LEAVE: Final = """
insert into {schema}.former_place (
    tenant_id, thing_id, from_position, until_position, clinician_ids, resource_ids, starts_at, ends_at
)
select
    a.tenant_id, a.appointment_id, coalesce(r.from_position, a.placed_position), r.until_position,
    array[coalesce(r.clinician_id, a.clinician_id)], coalesce(r.resource_ids, a.resource_ids), coalesce(r.starts_at, a.starts_at),
    coalesce(r.ends_at, a.ends_at)
from json_to_recordset(%s::json) as r (
    appointment_id uuid, from_position bigint, until_position bigint, clinician_id uuid, resource_ids uuid[],
    starts_at timestamptz, ends_at timestamptz
)
join {schema}.appointment a on a.tenant_id = (select log.current_tenant()) and a.appointment_id = r.appointment_id
"""

_UPDATE: Final = """
update {schema}.appointment a set
    starts_at = coalesce(r.starts_at, a.starts_at),
    ends_at = coalesce(r.ends_at, a.ends_at),
    clinician_id = coalesce(r.clinician_id, a.clinician_id),
    location_id = coalesce(r.location_id, a.location_id),
    resource_ids = coalesce(r.resource_ids, a.resource_ids),
    status = coalesce(r.status, a.status),
    version = r.version,
    position = r.position,
    placed_position = coalesce(r.placed_position, a.placed_position)
from json_to_recordset(%s::json) as r (
    appointment_id uuid, starts_at timestamptz, ends_at timestamptz, clinician_id uuid, location_id uuid, resource_ids uuid[],
    status text, version integer, position bigint, placed_position bigint
)
where a.tenant_id = (select log.current_tenant()) and a.appointment_id = r.appointment_id
"""


class CalendarProjector:
    name = "calendar"
    version = 1

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        booked: dict[object, Row] = {}
        changed: dict[object, Row] = {}
        of_series: list[LoggedEvent] = []
        of_sessions: list[LoggedEvent] = []
        of_courses: list[LoggedEvent] = []
        of_catalogue: list[LoggedEvent] = []
        left: list[Row] = []
        for event in events:
            topic = event.event_type
            body = event.body
            if (first := _STATUS_FIRST.get(topic)) is not None:
                row: Row = {name: body[name] for name in _COPIED}
                row["appointment_id"] = event.stream_id
                row["booked_at"] = event.effective_at
                row["status"] = first
                row["placed_position"] = event.position
                if "series_id" in body:
                    row.update((name, body[name]) for name in _OF_A_SERIES)
                booked[event.stream_id] = row
            elif topic.startswith(_OF_A_VISIT):
                row = self._row(event, booked, changed)
                if _TELLS_PLACE in body:
                    left.append(place_left("appointment_id", row, event, _PLACE))
                    row["placed_position"] = event.position
                row.update((name, body[name]) for name in _MOVED if name in body)
                if (status := _STATUS_AFTER.get(topic)) is not None:
                    row["status"] = status
            else:
                if topic.startswith(OF_A_SERIES):
                    of_series.append(event)
                elif topic.startswith(OF_A_SESSION):
                    of_sessions.append(event)
                elif topic.startswith(OF_A_COURSE):
                    of_courses.append(event)
                elif topic in OF_THE_CATALOGUE:
                    of_catalogue.append(event)
                continue
            row["version"] = event.version
            row["position"] = event.position
        return [
            Write(_INSERT, list(booked.values())),
            Write(_LEAVE, left),
            Write(_UPDATE, list(changed.values())),
            *series_writes(of_series),
            *session_writes(of_sessions),
            *course_writes(of_courses),
            *catalogue_writes(of_catalogue),
        ]

    def _row(self, event: LoggedEvent, booked: dict[object, Row], changed: dict[object, Row]) -> Row:
        """The visit's complete row if it was booked in this batch, else what changes of it."""
        known = booked.get(event.stream_id)
        return known if known is not None else changed.setdefault(event.stream_id, {"appointment_id": event.stream_id})
