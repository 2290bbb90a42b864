"""Reads a practice's log as it was recorded, so that it can be verified elsewhere."""

from dataclasses import replace
from uuid import UUID

from psycopg.rows import class_row, tuple_row
from psycopg_pool import ConnectionPool

from domain.kernel.recorded_event import RecordedEvent
from event_store.read.log_reader import LogReader
from event_store.tenancy import tenant_transaction


class AuditReader:
    def __init__(self, pool: ConnectionPool, log: LogReader) -> None:
        self._pool = pool
        self._log = log

    def page(self, tenant_id: UUID, after: int, limit: int, *, unseal: bool) -> tuple[list[RecordedEvent], int]:
        """Return up to ``limit`` events after a position, in order, and the log's newest position.

        With ``unseal`` their personal parts are decrypted.
        """
        with tenant_transaction(self._pool, tenant_id) as cursor:
            cursor.row_factory = class_row(RecordedEvent)
            events: list[RecordedEvent] = cursor.execute(
                "select position, event_type, schema_version, stream_id, version, body, sealed, actor, command_id,"
                " command_part, fingerprint, causation_id, effective_at, recorded_at, hash from log.event"
                " where tenant_id = %s and position > %s order by position limit %s",
                (tenant_id, after, limit),
                binary=True,
            ).fetchall()
            cursor.row_factory = tuple_row
            head = cursor.execute("select position from log.tenant_head where tenant_id = %s", (tenant_id,)).fetchone()
        if unseal:
            parts = [(e.stream_id, e.version, e.event_type, e.sealed) for e in events if e.sealed is not None]
            personal = iter(self._log.open_parts(tenant_id, parts))
            events = [event if event.sealed is None else replace(event, personal=next(personal)) for event in events]
        return events, head[0] if head else 0
