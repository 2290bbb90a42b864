"""The rows of series and courses in the calendar."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course
from projections.engine.rows import Row, StreamRows, Write, insert, update

_INSERT_SERIES: Final = insert("series")
_UPDATE_SERIES: Final = update("series", "series_id", "clinician_id")
_INSERT_COURSE: Final = insert("course")
_UPDATE_COURSE: Final = update("course", "course_id", "staff_ids", "starts_at")


def series_writes(events: Sequence[LoggedEvent]) -> list[Write]:
    """Return the writes for events of series."""
    rows = StreamRows("series_id")
    for event in events:
        body = event.body
        if event.event_type == Series.Planned.TOPIC:
            copied = {name: body[name] for name in ("patient_id", "service_id", "clinician_id", "zone", "rrule")}
            rows.insert(event, copied | _occurrences(body, "booked"))
        else:
            changed = event.event_type == Series.Changed.TOPIC
            rows.update(event, {"clinician_id": body["clinician_id"]} if changed else {})
    return [Write(_INSERT_SERIES, rows.inserted), Write(_UPDATE_SERIES, rows.updated)]


def course_writes(events: Sequence[LoggedEvent]) -> list[Write]:
    """Return the writes for events of courses."""
    rows = StreamRows("course_id")
    for event in events:
        body = event.body
        if event.event_type == Course.Planned.TOPIC:
            copied = {name: body[name] for name in ("service_id", "staff_ids", "seats", "zone", "rrule")}
            rows.insert(event, copied | _occurrences(body, "planned"))
            continue
        changes: Row = {}
        if event.event_type == Course.Changed.TOPIC:
            changes["staff_ids"] = body["staff_ids"]
            moved = dict(zip(cast("list[int]", body["changed"]), cast("list[str]", body["starts"]), strict=True))
            if 1 in moved:
                changes["starts_at"] = moved[1]
        rows.update(event, changes)
    return [Write(_INSERT_COURSE, rows.inserted), Write(_UPDATE_COURSE, rows.updated)]


def _occurrences(body: Mapping[str, object], counted_as: str) -> Row:
    """Return the first start of a plan, and the numbers of its planned and skipped occurrences."""
    starts, skipped = cast("list[str]", body["starts"]), cast("list[str]", body["skipped_starts"])
    return {"starts_at": min([*starts, *skipped]), counted_as: len(starts), "skipped": len(skipped)}
