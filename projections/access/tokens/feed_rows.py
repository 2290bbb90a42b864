"""The rows of access that tell of feeds: one each."""

from collections.abc import Sequence
from typing import Final

from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.calendars.feed import Feed
from projections.engine.rows import Row, Write

_INSERT: Final = """
insert into {schema}.feed (
    tenant_id, feed_id, clinician_id, patient_id, detail, token_hash, opened_at, revoked_at, version, position
)
select
    (select log.current_tenant()), feed_id, clinician_id, patient_id, detail, decode(token_hash, 'hex'), opened_at, revoked_at,
    version, position
from json_to_recordset(%s::json) as r (
    feed_id uuid, clinician_id uuid, patient_id uuid, detail text, token_hash text, opened_at timestamptz, revoked_at timestamptz,
    version integer, position bigint
)
"""

_REVOKE: Final = """
update {schema}.feed f set revoked_at = r.revoked_at, version = r.version, position = r.position
from json_to_recordset(%s::json) as r (feed_id uuid, revoked_at timestamptz, version integer, position bigint)
where f.tenant_id = (select log.current_tenant()) and f.feed_id = r.feed_id
"""


def feed_writes(events: Sequence[LoggedEvent]) -> list[Write]:
    """Return what a batch of one practice's events changes of its feeds."""
    opened: dict[object, Row] = {}
    revoked: list[Row] = []
    for event in events:
        if event.event_type == Feed.Opened.TOPIC:
            row: Row = {name: event.body[name] for name in ("clinician_id", "patient_id", "detail", "token_hash")}
            opened[event.stream_id] = {"feed_id": event.stream_id, "opened_at": event.effective_at, **row, **_at(event)}
        elif event.event_type == Feed.Revoked.TOPIC:
            change: Row = {"feed_id": event.stream_id, "revoked_at": event.effective_at, **_at(event)}
            if event.stream_id in opened:
                opened[event.stream_id] |= change
            else:
                revoked.append(change)
    return [Write(_INSERT, list(opened.values())), Write(_REVOKE, revoked)]


def _at(event: LoggedEvent) -> Row:
    return {"version": event.version, "position": event.position}
