"""Keeps the history's index: which visits a patient, a clinician, a room or a device takes part in, and whose consents are whose."""

from collections.abc import Sequence
from typing import Final, cast

from domain.logged_event import LoggedEvent
from domain.patients.consents import Consents
from domain.scheduling.appointment import Appointment
from projections.rows import Row, Write

_INSERT: Final = """
insert into {schema}.participation (tenant_id, thing_id, position, stream_id)
select (select log.current_tenant()), t.thing_id, r.position, r.stream_id
from json_to_recordset(%s::json) as r (stream_id uuid, position bigint, things uuid[])
cross join lateral unnest(r.things) as t (thing_id)
"""


class HistoryProjector:
    """Whoever has taken part stays, also when a visit was moved to another room: it is their history."""

    name = "history"

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        rows: list[Row] = []
        for event in events:
            if event.event_type == Appointment.Booked.TOPIC:
                body = event.body
                things = [body["patient_id"], body["clinician_id"], *_resources(event)]
            elif event.event_type == Appointment.Rescheduled.TOPIC:
                things = _resources(event)
            elif event.event_type == Consents.Opened.TOPIC:
                things = [event.body["patient_id"]]
            else:
                continue
            if things:
                rows.append({"stream_id": event.stream_id, "position": event.position, "things": things})
        return [Write(_INSERT, rows)]


def _resources(event: LoggedEvent) -> list[object]:
    return list(dict.fromkeys(cast("list[str]", event.body["resource_ids"])))
