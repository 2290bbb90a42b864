"""Project the indexes of histories: who took part in what, and when each chapter was recorded."""

from collections.abc import Sequence
from typing import Final, cast

from domain.kernel.logged_event import LoggedEvent
from domain.patients.consents import Consents
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.sessions.group_session import GroupSession
from projections.engine.rows import Row, Write

_INSERT: Final = """
insert into {schema}.participation (tenant_id, thing_id, position, stream_id)
select (select log.current_tenant()), t.thing_id, r.position, r.stream_id
from json_to_recordset(%s::json) as r (stream_id uuid, position bigint, thing_ids uuid[])
cross join lateral unnest(r.thing_ids) as t (thing_id)
"""

_BOOKED: Final = (Appointment.Booked.TOPIC, Appointment.Requested.TOPIC)
_STAFFED: Final = (GroupSession.Planned.TOPIC, GroupSession.Moved.TOPIC)
_OF_A_PATIENT: Final = (
    Consents.Opened.TOPIC,
    GroupSession.Enrolled.TOPIC,
    GroupSession.BeganToWait.TOPIC,
    GroupSession.SeatExempted.TOPIC,
)
_MOVED: Final = (Appointment.Rescheduled.TOPIC, Appointment.Reassigned.TOPIC, Appointment.Confirmed.TOPIC)


CHAPTER: Final = 64
"""The number of events in a chapter."""

# A chapter is written with its last event: by then the log has all its events.
_CLOSE: Final = f"""
insert into {{schema}}.chapter (tenant_id, last_position, earliest_at)
select e.tenant_id, r.position, min(e.recorded_at)
from json_to_recordset(%s::json) as r (position bigint)
join log.event e on e.tenant_id = (select log.current_tenant()) and e.position > r.position - {CHAPTER} and e.position <= r.position
group by e.tenant_id, r.position
"""  # noqa: S608  constants only


class HistoryProjector:
    """Participants stay after a visit moved to another room: it is part of their history."""

    name = "history"
    version = 1

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        rows: list[Row] = []
        for event in events:
            if event.event_type in _BOOKED:
                body = event.body
                participants = [body["patient_id"], body["clinician_id"], *_resources(event)]
            elif event.event_type in _MOVED:
                participants = [*filter(None, [event.body.get("clinician_id")]), *_resources(event)]
            elif event.event_type in _STAFFED:
                participants = [*cast("list[object]", event.body["staff_ids"]), *_resources(event)]
            elif event.event_type in _OF_A_PATIENT:
                participants = [event.body["patient_id"]]
            else:
                continue
            if participants:
                rows.append({"stream_id": event.stream_id, "position": event.position, "thing_ids": participants})
        chapters: list[Row] = [{"position": event.position} for event in events if event.position % CHAPTER == 0]
        return [Write(_INSERT, rows), Write(_CLOSE, chapters)]


def _resources(event: LoggedEvent) -> list[object]:
    return list(dict.fromkeys(cast("list[str]", event.body["resource_ids"])))
