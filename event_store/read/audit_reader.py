"""Reads a practice's log as it was recorded, for who verifies it elsewhere."""

from dataclasses import replace
from uuid import UUID

import msgspec
from psycopg_pool import ConnectionPool

from domain.kernel.recorded_event import RecordedEvent
from event_store.read.log_reader import LogReader
from event_store.tenancy import tenant_transaction


class AuditReader:
    """``log`` opens what was sealed."""

    def __init__(self, pool: ConnectionPool, log: LogReader) -> None:
        self._pool = pool
        self._log = log

    def page(self, tenant_id: UUID, after: int, limit: int, *, unseal: bool) -> tuple[list[RecordedEvent], int]:
        """Return up to ``limit`` events behind a position, in order and without a gap, and the log's newest position.

        With ``unseal`` their personal parts are opened; without it they stay ciphertext.
        """
        with tenant_transaction(self._pool, tenant_id) as cursor:
            rows = cursor.execute(
                "select position, event_type, schema_version, stream_id, version, body::text, sealed, actor, command_id,"
                " command_part, fingerprint, causation_id, effective_at, recorded_at, hash from log.event"
                " where tenant_id = %s and position > %s order by position limit %s",
                (tenant_id, after, limit),
                binary=True,
            ).fetchall()
            head = cursor.execute("select position from log.tenant_head where tenant_id = %s", (tenant_id,)).fetchone()
        events = [
            RecordedEvent(
                position=position,
                event_type=event_type,
                schema_version=schema_version,
                stream_id=stream_id,
                version=version,
                body=msgspec.json.decode(body),
                sealed=sealed,
                actor=actor,
                command_id=command_id,
                command_part=command_part,
                fingerprint=fingerprint,
                causation_id=causation_id,
                effective_at=effective_at,
                recorded_at=recorded_at,
                hash=hash_,
            )
            for (
                position, event_type, schema_version, stream_id, version, body, sealed, actor, command_id,
                command_part, fingerprint, causation_id, effective_at, recorded_at, hash_,
            ) in rows
        ]  # fmt: skip
        return self._opened(tenant_id, events) if unseal else events, head[0] if head else 0

    def _opened(self, tenant_id: UUID, events: list[RecordedEvent]) -> list[RecordedEvent]:
        parts = [(e.stream_id, e.version, e.event_type, e.sealed) for e in events if e.sealed is not None]
        personal = iter(self._log.open_parts(tenant_id, parts))
        return [event if event.sealed is None else replace(event, personal=next(personal)) for event in events]
