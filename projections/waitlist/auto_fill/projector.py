"""Notes what the wait list is to be asked about, in the transaction of the cursor."""

from collections.abc import Sequence
from typing import Final

from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold
from domain.scheduling.appointments.undo import GRACE
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.group_session_events import PLANNED
from domain.waitlist.opening import Cause, Opening
from projections.engine.rows import Row, Write

_GIVES_TIME_UP: Final = {
    Appointment.Cancelled.TOPIC: GRACE,
    Appointment.Rescheduled.TOPIC: GRACE,
    Appointment.Reassigned.TOPIC: GRACE,
    Appointment.Undone.TOPIC: GRACE,
    GroupSession.Cancelled.TOPIC: GRACE,
    GroupSession.Moved.TOPIC: GRACE,
    GroupSession.Undone.TOPIC: GRACE,
    Hold.Released.TOPIC: None,
}
"""What may give time up; and how long nobody is told of it, since it can be undone."""
_ENDS: Final = (Opening.Filled.TOPIC, Opening.Closed.TOPIC)
_OF_AN_OPENING: Final = f"{Opening.TOPIC}."

_LOOK: Final = """
insert into auto_fill.task (tenant_id, thing_id, version, due_at)
select (select log.current_tenant()), thing_id, version, due_at
from json_to_recordset(%s::json) as r (thing_id uuid, version integer, due_at timestamptz)
on conflict (tenant_id, thing_id, version) do update set due_at = excluded.due_at
"""
_LOOK_AGAIN: Final = """
update auto_fill.task t set due_at = r.due_at
from json_to_recordset(%s::json) as r (thing_id uuid, due_at timestamptz)
where t.tenant_id = (select log.current_tenant()) and t.thing_id = r.thing_id and t.version = 0
"""
_DONE: Final = """
delete from auto_fill.task t using json_to_recordset(%s::json) as r (thing_id uuid)
where t.tenant_id = (select log.current_tenant()) and t.thing_id = r.thing_id and t.version = 0
"""


class AutoFillProjector:
    """Its rows are no read model: they go when somebody has looked, and no rebuild makes them again."""

    name = "auto_fill"

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        looks: dict[object, Row] = {}
        again: dict[object, Row] = {}
        done: dict[object, Row] = {}
        for event in events:
            topic, id_ = event.event_type, event.stream_id
            if topic == GroupSession.Undone.TOPIC and event.body["act"] != PLANNED:
                # What an undo gives up, the facts say that come with it.
                continue
            if topic in _GIVES_TIME_UP:
                grace = _GIVES_TIME_UP[topic]
                due_at = event.effective_at + grace if grace else event.effective_at
                looks[id_, event.version] = {"thing_id": id_, "version": event.version, "due_at": due_at}
            elif not topic.startswith(_OF_AN_OPENING):
                continue
            elif topic == Opening.Opened.TOPIC:
                # What is offered by hand goes no further by itself.
                if event.body["cause"] == Cause.GIVEN_UP:
                    looks[id_] = {"thing_id": id_, "version": 0, "due_at": event.effective_at}
            elif topic in _ENDS:
                looks.pop(id_, None)
                again.pop(id_, None)
                done[id_] = {"thing_id": id_}
            else:
                row = looks[id_] if id_ in looks else again.setdefault(id_, {"thing_id": id_})
                row["due_at"] = event.body.get("expires_at", event.effective_at)
        return [
            Write(_LOOK, list(looks.values())),
            Write(_LOOK_AGAIN, list(again.values())),
            Write(_DONE, list(done.values())),
        ]
