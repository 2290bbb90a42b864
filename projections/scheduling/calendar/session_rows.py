"""The rows of group sessions, and of the patients who were ever on their rosters."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSession, GroupSessionStatus
from domain.scheduling.sessions.group_session_events import PLANNED
from projections.engine.rows import Row, StreamRows, Write, insert, update
from projections.scheduling.calendar.former_places import former_place, leave

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
_CANCELLATION: Final = ("cancelled_at", "cancelled_by", "cancelled_late")
_CHANGED: Final = ("staff_ids", "location_id", "resource_ids", "starts_at", "ends_at", "seats")
_PLACE: Final = ("staff_ids", "resource_ids", "starts_at", "ends_at")
_COUNTS: Final = {
    GroupSession.Enrolled.TOPIC: (1, 0, EnrolmentStatus.ENROLLED),
    GroupSession.BeganToWait.TOPIC: (0, 1, EnrolmentStatus.WAITING),
    GroupSession.MovedUp.TOPIC: (1, -1, EnrolmentStatus.ENROLLED),
    GroupSession.SeatCancelled.TOPIC: (-1, 0, EnrolmentStatus.WITHDRAWN),
    GroupSession.StoppedWaiting.TOPIC: (0, -1, EnrolmentStatus.WITHDRAWN),
}
"""By event: its changes to the occupied seats and the waiting line, and the patient's status."""

_INSERT: Final = insert("session")
_LEAVE: Final = leave("session", "t.staff_ids")
_UPDATE: Final = update(
    "session",
    "session_id",
    *_CHANGED,
    "status",
    "placed_position",
    taken="t.taken + r.taken",
    waiting="t.waiting + r.waiting",
    changed_at="r.changed_at",
)
_ENROL: Final = insert("enrolment") + (
    " on conflict (tenant_id, session_id, patient_id) do update set status = excluded.status,"
    " attended = excluded.attended, since = excluded.since, position = excluded.position, "
    + ", ".join(
        f"{name} = case when excluded.cancelled_at is null then enrolment.{name} else excluded.{name} end"
        for name in _CANCELLATION
    )
)
_ATTEND: Final = """
update {schema}.enrolment t set attended = r.attended, position = r.position
from json_populate_recordset(null::{schema}.enrolment, %s::json) as r
where t.tenant_id = (select log.current_tenant()) and t.session_id = r.session_id and t.patient_id = r.patient_id
"""


def session_writes(events: Sequence[LoggedEvent]) -> list[Write]:
    """Return the writes for events of group sessions."""
    sessions = StreamRows("session_id")
    enrolled: dict[object, Row] = {}
    attended: dict[object, Row] = {}
    taken: Counter[object] = Counter()
    waiting: Counter[object] = Counter()
    left: list[Row] = []
    for event in events:
        topic, body, session_id = event.event_type, event.body, event.stream_id
        changes: Row = {"changed_at": event.effective_at}
        if topic == GroupSession.Planned.TOPIC:
            copied = {name: body[name] for name in _COPIED}
            copied["cancellation_notice_minutes"] = body.get("cancellation_notice_minutes")
            planned: Row = {"status": GroupSessionStatus.PLANNED, "placed_position": event.position}
            sessions.insert(event, copied | planned)
        elif (counts := _counts(event)) is not None:
            seats, places, status = counts
            taken[session_id] += seats
            waiting[session_id] += places
            key = (session_id, body["patient_id"])
            attended.pop(key, None)
            # An undo may restore a withdrawal, which keeps the facts of its cancellation.
            cancellation = {name: enrolled.get(key, {}).get(name) for name in _CANCELLATION}
            if topic == GroupSession.SeatCancelled.TOPIC:
                facts = (event.effective_at, body.get("by"), body.get("late"))
                cancellation = dict(zip(_CANCELLATION, facts, strict=True))
            enrolled[key] = cancellation | {
                "session_id": session_id,
                "patient_id": body["patient_id"],
                "status": status,
                "attended": body.get("attended"),
                "since": event.effective_at,
                "position": event.position,
            }
        elif topic == GroupSession.AttendanceNoted.TOPIC:
            key = (session_id, body["patient_id"])
            row = enrolled.get(key)
            if row is None:
                row = attended.setdefault(key, {"session_id": session_id, "patient_id": body["patient_id"]})
            row |= {"attended": body["attended"], "position": event.position}
        elif topic == GroupSession.Cancelled.TOPIC:
            changes["status"] = GroupSessionStatus.CANCELLED
        elif topic == GroupSession.Undone.TOPIC and body["act"] == PLANNED:
            changes["status"] = GroupSessionStatus.ARCHIVED
        elif topic == GroupSession.Reinstated.TOPIC:
            # A new place: calendars that removed the session must show it again.
            changes |= {"status": GroupSessionStatus.PLANNED, "placed_position": event.position}
        else:
            changes |= {name: body[name] for name in _CHANGED if name in body}
            if not body.keys().isdisjoint(_PLACE):
                changes["placed_position"] = event.position
        if "placed_position" in changes:
            left.append(former_place(sessions.of(event), event))
        sessions.update(event, changes)
    inserted, updated = sessions.inserted, sessions.updated
    for row in (*inserted, *updated):
        row |= {"taken": taken[row["session_id"]], "waiting": waiting[row["session_id"]]}
    return [
        Write(_INSERT, inserted),
        Write(_LEAVE, left),
        Write(_UPDATE, updated),
        Write(_ENROL, list(enrolled.values())),
        Write(_ATTEND, list(attended.values())),
    ]


def _counts(event: LoggedEvent) -> tuple[int, int, EnrolmentStatus] | None:
    """Return an event's entry as in ``_COUNTS``; None if it moves nobody."""
    if event.event_type != GroupSession.StandingRestored.TOPIC:
        return _COUNTS.get(event.event_type)
    before, after = (EnrolmentStatus(str(event.body[name])) for name in ("before", "status"))
    seats, places = (
        (after is status) - (before is status) for status in (EnrolmentStatus.ENROLLED, EnrolmentStatus.WAITING)
    )
    return seats, places, after
