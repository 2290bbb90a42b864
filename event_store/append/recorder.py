"""Stores the events of one practice: the library's ApplicationRecorder for our log."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    Notification,
    ProgrammingError,
    StoredEvent,
    Subscription,
)
from psycopg_pool import ConnectionPool
from uuid_utils.compat import uuid7

from domain.kernel.provenance import Provenance
from event_store.append.append_batcher import Append, AppendBatcher
from event_store.append.append_rows import encode_append, stream_of
from event_store.append.event_mapper import MappedEvent
from event_store.tenancy import tenant_transaction

COLUMNS = "stream_id, version, event_type, body::text, schema_version, effective_at, sealed"


class PracticeRecorder(ApplicationRecorder):
    """The events of one practice, in one gapless order."""

    def __init__(
        self,
        tenant_id: UUID,
        pool: ConnectionPool,
        append_batcher: AppendBatcher,
        now: Callable[[], datetime],
        notify_appended: Callable[[UUID], None],
    ) -> None:
        """``now`` returns the recorded time; ``notify_appended`` is called after each append."""
        super().__init__()
        self._tenant_id = tenant_id
        self._pool = pool
        self._append_batcher = append_batcher
        self._now = now
        self._notify_appended = notify_appended

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        provenance: Provenance | None = None,
        guards: Sequence[object] = (),
        **_: Any,
    ) -> Sequence[int]:
        """Append events in one transaction with their guards; return their positions.

        Raises an error of guards.REFUSALS, StoreUnavailableError.
        """
        if not stored_events:
            return []
        source = provenance or Provenance(actor="system", command_id=uuid7())
        events = cast(Sequence[MappedEvent], stored_events)
        rows = encode_append(self._tenant_id, events, source, self._now(), guards)
        request = Append(self._tenant_id, source.command_id, stream_of(events[0]), rows, guards)
        last = self._append_batcher.append(request)
        self._notify_appended(self._tenant_id)
        return range(last - len(stored_events) + 1, last + 1)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return a stream's events in order of version."""
        order = "desc" if desc else "asc"
        with tenant_transaction(self._pool, self._tenant_id) as cursor:
            rows = cursor.execute(
                f"select {COLUMNS} from log.event"  # noqa: S608  column and order names are constants
                " where tenant_id = %s and stream_id = %s and version > %s and version <= %s"
                f" order by version {order} limit %s",
                (self._tenant_id, originator_id, gt or 0, 2**31 - 1 if lte is None else lte, limit),
                binary=True,
            ).fetchall()
        return [stored_event(row) for row in rows]

    # Projectors follow all logs with LogReader; the library's ways read one log each, and its
    # subscriptions take a thread per practice.

    def select_notifications(self, *_: object, **__: object) -> Sequence[Notification]:
        raise ProgrammingError("read the log with LogReader")

    def max_notification_id(self) -> int | None:
        raise ProgrammingError("read the log with LogReader")

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        raise ProgrammingError("read the log with LogReader")


def stored_event(row: tuple[Any, ...]) -> MappedEvent:
    """Return the event of a row of ``COLUMNS``."""
    stream_id, version, topic, body, schema_version, effective_at, sealed = row
    return MappedEvent(stream_id, version, topic, body.encode(), schema_version, effective_at.astimezone(UTC), sealed)
