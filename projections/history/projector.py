"""Keeps the history's index: an event belongs to its own thing, and a visit to all that take part in it."""

from collections.abc import Sequence
from typing import Final, cast

from domain.logged_event import LoggedEvent
from domain.scheduling.appointment import Appointment
from projections.rows import Row, Write

_TAKES_PART: Final = ("patient_id", "clinician_id", "service_id")

_INSERT: Final = """
insert into {schema}.entry (tenant_id, thing_id, position, stream_id)
select (select log.current_tenant()), t.thing_id, r.position, r.stream_id
from json_to_recordset(%s::json) as r (position bigint, stream_id uuid, things uuid[])
cross join lateral unnest(r.things || r.stream_id) as t (thing_id)
"""


class HistoryProjector:
    """A visit's later events are found through the one that first names a participant; see HistoryQueries."""

    name = "history"

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        return [Write(_INSERT, [_row(event) for event in events])]


def _row(event: LoggedEvent) -> Row:
    things: list[object] = []
    if event.event_type == Appointment.Booked.TOPIC:
        things = [event.body[name] for name in _TAKES_PART]
        things += _resources(event)
    elif event.event_type == Appointment.Rescheduled.TOPIC:
        things = _resources(event)
    return {"position": event.position, "stream_id": event.stream_id, "things": things}


def _resources(event: LoggedEvent) -> list[object]:
    return list(dict.fromkeys(cast("list[str]", event.body["resource_ids"])))
