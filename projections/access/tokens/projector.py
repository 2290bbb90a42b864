"""Keeps the tables of API keys and of feeds."""

from collections.abc import Sequence
from typing import Final

from domain.access.api_key import ApiKey
from domain.kernel.logged_event import LoggedEvent
from projections.access.tokens.feed_rows import feed_writes
from projections.engine.rows import Row, Write

_INSERT: Final = """
insert into {schema}.api_key (
    tenant_id, key_id, role, label, key_hash, clinician_id, issued_at, revoked_at, version, position
)
select
    (select log.current_tenant()), key_id, role, label, decode(key_hash, 'hex'), clinician_id, issued_at, revoked_at, version, position
from json_to_recordset(%s::json) as r (
    key_id uuid, role text, label text, key_hash text, clinician_id uuid, issued_at timestamptz, revoked_at timestamptz,
    version integer, position bigint
)
"""

_REVOKE: Final = """
update {schema}.api_key k set revoked_at = r.revoked_at, version = r.version, position = r.position
from json_to_recordset(%s::json) as r (key_id uuid, revoked_at timestamptz, version integer, position bigint)
where k.tenant_id = (select log.current_tenant()) and k.key_id = r.key_id
"""


class AccessProjector:
    name = "access"
    version = 1

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        issued: dict[object, Row] = {}
        revoked: list[Row] = []
        for event in events:
            if event.event_type == ApiKey.Issued.TOPIC:
                body = event.body
                issued[event.stream_id] = {
                    "key_id": event.stream_id,
                    "role": body["role"],
                    "label": body["label"],
                    "key_hash": body["key_hash"],
                    "clinician_id": body["clinician_id"],
                    "issued_at": event.effective_at,
                    "version": event.version,
                    "position": event.position,
                }
            elif event.event_type == ApiKey.Revoked.TOPIC:
                change: Row = {
                    "key_id": event.stream_id,
                    "revoked_at": event.effective_at,
                    "version": event.version,
                    "position": event.position,
                }
                if event.stream_id in issued:
                    issued[event.stream_id] |= change
                else:
                    revoked.append(change)
        return [Write(_INSERT, list(issued.values())), Write(_REVOKE, revoked), *feed_writes(events)]
