"""The rows of the calendar that tell of series: one each."""

from collections.abc import Sequence
from typing import Final, cast

from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.series.series import Series
from projections.engine.rows import Row, Write, insert

OF_A_SERIES: Final = f"{Series.TOPIC}."

_INSERT: Final = insert("series")

_UPDATE: Final = """
update {schema}.series s set
    clinician_id = coalesce(r.clinician_id, s.clinician_id),
    version = r.version,
    position = r.position
from json_to_recordset(%s::json) as r (series_id uuid, clinician_id uuid, version integer, position bigint)
where s.tenant_id = (select log.current_tenant()) and s.series_id = r.series_id
"""


def series_writes(events: Sequence[LoggedEvent]) -> list[Write]:
    """Return what events of one practice's series change."""
    planned: dict[object, Row] = {}
    changed: dict[object, Row] = {}
    for event in events:
        if event.event_type == Series.Planned.TOPIC:
            body = event.body
            row: Row = {name: body[name] for name in ("patient_id", "service_id", "clinician_id", "zone", "rrule")}
            starts = cast("list[str]", body["starts"]) + cast("list[str]", body["skipped_starts"])
            row["series_id"] = event.stream_id
            row["starts_at"] = min(starts)
            row["booked"] = len(cast("list[object]", body["starts"]))
            row["skipped"] = len(cast("list[object]", body["skipped_starts"]))
            planned[event.stream_id] = row
        else:
            known = planned.get(event.stream_id)
            row = known if known is not None else changed.setdefault(event.stream_id, {"series_id": event.stream_id})
            if event.event_type == Series.Changed.TOPIC:
                row["clinician_id"] = event.body["clinician_id"]
        row["version"] = event.version
        row["position"] = event.position
    return [Write(_INSERT, list(planned.values())), Write(_UPDATE, list(changed.values()))]
