"""The rows of the calendar that tell of sessions: one each, and one for everybody who was ever on its roster."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSession, GroupSessionStatus
from domain.scheduling.sessions.group_session_events import PLANNED
from projections.engine.rows import Row, Write, insert
from projections.scheduling.calendar.former_places import place_left

_COPIED: Final = (
    "course_id",
    "service_id",
    "staff_ids",
    "location_id",
    "resource_ids",
    "starts_at",
    "ends_at",
    "buffer_before_minutes",
    "buffer_after_minutes",
    "mode",
    "price_amount_minor",
    "price_currency",
    "seats",
)
_CHANGED: Final = ("staff_ids", "location_id", "resource_ids", "starts_at", "ends_at", "seats")
"""What later facts may tell anew."""
_PLACE: Final = ("staff_ids", "resource_ids", "starts_at", "ends_at")
_COUNTS: Final = {
    GroupSession.Enrolled.TOPIC: (1, 0, EnrolmentStatus.ENROLLED),
    GroupSession.BeganToWait.TOPIC: (0, 1, EnrolmentStatus.WAITING),
    GroupSession.MovedUp.TOPIC: (1, -1, EnrolmentStatus.ENROLLED),
    GroupSession.SeatCancelled.TOPIC: (-1, 0, EnrolmentStatus.WITHDRAWN),
    GroupSession.StoppedWaiting.TOPIC: (0, -1, EnrolmentStatus.WITHDRAWN),
}
"""What a fact adds to the seats taken and to those who wait, and how the patient stands after it."""
OF_A_SESSION: Final = f"{GroupSession.TOPIC}."

_INSERT: Final = insert("session")

# Before the update, which changes the places that are left here.
_LEAVE: Final = """
insert into {schema}.former_place (
    tenant_id, thing_id, from_position, until_position, clinician_ids, resource_ids, starts_at, ends_at
)
select
    s.tenant_id, s.session_id, coalesce(r.from_position, s.placed_position), r.until_position, coalesce(r.staff_ids, s.staff_ids),
    coalesce(r.resource_ids, s.resource_ids), coalesce(r.starts_at, s.starts_at), coalesce(r.ends_at, s.ends_at)
from json_to_recordset(%s::json) as r (
    session_id uuid, from_position bigint, until_position bigint, staff_ids uuid[], resource_ids uuid[], starts_at timestamptz,
    ends_at timestamptz
)
join {schema}.session s on s.tenant_id = (select log.current_tenant()) and s.session_id = r.session_id
"""

_UPDATE: Final = """
update {schema}.session s set
    staff_ids = coalesce(r.staff_ids, s.staff_ids),
    location_id = coalesce(r.location_id, s.location_id),
    resource_ids = coalesce(r.resource_ids, s.resource_ids),
    starts_at = coalesce(r.starts_at, s.starts_at),
    ends_at = coalesce(r.ends_at, s.ends_at),
    status = coalesce(r.status, s.status),
    seats = coalesce(r.seats, s.seats),
    taken = s.taken + r.taken,
    waiting = s.waiting + r.waiting,
    changed_at = r.changed_at,
    version = r.version,
    position = r.position,
    placed_position = coalesce(r.placed_position, s.placed_position)
from json_to_recordset(%s::json) as r (
    session_id uuid, staff_ids uuid[], location_id uuid, resource_ids uuid[], starts_at timestamptz, ends_at timestamptz, status text,
    seats integer, taken integer, waiting integer, changed_at timestamptz, version integer, position bigint, placed_position bigint
)
where s.tenant_id = (select log.current_tenant()) and s.session_id = r.session_id
"""

_ENROL: Final = """
insert into {schema}.enrolment as e (tenant_id, session_id, patient_id, status, attended, since, position)
select (select log.current_tenant()), session_id, patient_id, status, attended, since, position
from json_to_recordset(%s::json) as r (
    session_id uuid, patient_id uuid, status text, attended boolean, since timestamptz, position bigint
)
on conflict (tenant_id, session_id, patient_id) do update set
    status = excluded.status, attended = excluded.attended, since = excluded.since, position = excluded.position
"""

_ATTEND: Final = """
update {schema}.enrolment e set attended = r.attended, position = r.position
from json_to_recordset(%s::json) as r (session_id uuid, patient_id uuid, attended boolean, position bigint)
where e.tenant_id = (select log.current_tenant()) and e.session_id = r.session_id and e.patient_id = r.patient_id
"""


def session_writes(events: Sequence[LoggedEvent]) -> list[Write]:
    """Return what events of one practice's sessions change."""
    planned: dict[object, Row] = {}
    changed: dict[object, Row] = {}
    enrolled: dict[object, Row] = {}
    attended: dict[object, Row] = {}
    taken: Counter[object] = Counter()
    waiting: Counter[object] = Counter()
    left: list[Row] = []
    for event in events:
        topic, body, id_ = event.event_type, event.body, event.stream_id
        if topic == GroupSession.Planned.TOPIC:
            row: Row = {name: body[name] for name in _COPIED}
            planned[id_] = row | {
                "session_id": id_,
                "status": GroupSessionStatus.PLANNED,
                "placed_position": event.position,
            }
        row = planned[id_] if id_ in planned else changed.setdefault(id_, {"session_id": id_})
        row["changed_at"], row["version"], row["position"] = event.effective_at, event.version, event.position
        if (counts := _counts(event)) is not None:
            seats, places, status = counts
            taken[id_] += seats
            waiting[id_] += places
            key = (id_, body["patient_id"])
            attended.pop(key, None)
            enrolled[key] = {
                "session_id": id_,
                "patient_id": body["patient_id"],
                "status": status,
                "attended": body.get("attended"),
                "since": event.effective_at,
                "position": event.position,
            }
        elif topic == GroupSession.AttendanceNoted.TOPIC:
            key = (id_, body["patient_id"])
            came = {"attended": body["attended"], "position": event.position}
            if key in enrolled:
                enrolled[key] |= came
            else:
                attended[key] = {"session_id": id_, "patient_id": body["patient_id"]} | came
        elif topic == GroupSession.Cancelled.TOPIC:
            row["status"] = GroupSessionStatus.CANCELLED
        elif topic == GroupSession.Undone.TOPIC and body["act"] == PLANNED:
            row["status"] = GroupSessionStatus.ARCHIVED
        elif topic == GroupSession.Reinstated.TOPIC:
            row["status"] = GroupSessionStatus.PLANNED
            # Calendars that took it out have to be told: where it is now it was put by this.
            left.append(place_left("session_id", row, event, _PLACE))
            row["placed_position"] = event.position
        elif topic != GroupSession.Planned.TOPIC:
            if not body.keys().isdisjoint(_PLACE):
                left.append(place_left("session_id", row, event, _PLACE))
                row["placed_position"] = event.position
            row.update((name, body[name]) for name in _CHANGED if name in body)
    for stream_id, row in (planned | changed).items():
        row |= {"taken": taken[stream_id], "waiting": waiting[stream_id]}
    return [
        Write(_INSERT, list(planned.values())),
        Write(_LEAVE, left),
        Write(_UPDATE, list(changed.values())),
        Write(_ENROL, list(enrolled.values())),
        Write(_ATTEND, list(attended.values())),
    ]


def _counts(event: LoggedEvent) -> tuple[int, int, EnrolmentStatus] | None:
    """Return what a fact adds to the seats taken and to those who wait, and how its patient stands after it; None: it moves nobody."""
    if event.event_type != GroupSession.StandingRestored.TOPIC:
        return _COUNTS.get(event.event_type)
    before, after = (EnrolmentStatus(str(event.body[name])) for name in ("before", "status"))
    seats, places = (
        (after is status) - (before is status) for status in (EnrolmentStatus.ENROLLED, EnrolmentStatus.WAITING)
    )
    return seats, places, after
