"""The rows of the calendar that tell of courses: one each."""

from collections.abc import Sequence
from typing import Final, cast

from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.sessions.course import Course
from projections.engine.rows import Row, Write, insert

OF_A_COURSE: Final = f"{Course.TOPIC}."

_INSERT: Final = insert("course")

_UPDATE: Final = """
update {schema}.course c set
    staff_ids = coalesce(r.staff_ids, c.staff_ids),
    starts_at = coalesce(r.starts_at, c.starts_at),
    version = r.version,
    position = r.position
from json_to_recordset(%s::json) as r (course_id uuid, staff_ids uuid[], starts_at timestamptz, version integer, position bigint)
where c.tenant_id = (select log.current_tenant()) and c.course_id = r.course_id
"""


def course_writes(events: Sequence[LoggedEvent]) -> list[Write]:
    """Return what events of one practice's courses change."""
    planned: dict[object, Row] = {}
    changed: dict[object, Row] = {}
    for event in events:
        body, id_ = event.body, event.stream_id
        if event.event_type == Course.Planned.TOPIC:
            row: Row = {name: body[name] for name in ("service_id", "staff_ids", "seats", "zone", "rrule")}
            starts, skipped = cast("list[str]", body["starts"]), cast("list[str]", body["skipped_starts"])
            counts = {"planned": len(starts), "skipped": len(skipped)}
            planned[id_] = row | counts | {"course_id": id_, "starts_at": min([*starts, *skipped])}
        row = planned[id_] if id_ in planned else changed.setdefault(id_, {"course_id": id_})
        if event.event_type == Course.Changed.TOPIC:
            row["staff_ids"] = body["staff_ids"]
            moved = dict(zip(cast("list[int]", body["changed"]), cast("list[str]", body["starts"]), strict=True))
            if 1 in moved:
                row["starts_at"] = moved[1]
        row["version"], row["position"] = event.version, event.position
    return [Write(_INSERT, list(planned.values())), Write(_UPDATE, list(changed.values()))]
