"""A process's access to the log: connections, keys, append batcher, library factory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    ProcessRecorder,
    ProgrammingError,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, get_topic
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from event_store.append.append_batcher import AppendBatcher
from event_store.append.event_mapper import EventMapper
from event_store.append.hash_chain import genesis
from event_store.append.recorder import PracticeRecorder
from event_store.append.snapshots import SnapshotRecorder
from event_store.errors import UnsafeDatabaseError
from event_store.keys.key_ring import KeyRing
from event_store.read.practice_reader import CALLS, PracticeReader
from event_store.tenancy import open_pool, tenant_transaction

_OPEN_STORES: dict[str, "LogStore"] = {}


@dataclass(frozen=True)
class LogStore:
    """The log of all practices."""

    name: str
    pool: ConnectionPool
    context_pool: ConnectionPool
    append_batcher: AppendBatcher
    keys: KeyRing
    now: Callable[[], datetime]
    notify_appended: Callable[[UUID], None]

    @classmethod
    def open(
        cls,
        conninfo: str,
        keys: KeyRing,
        now: Callable[[], datetime],
        *,
        notify_appended: Callable[[UUID], None] = lambda _: None,
        most_connections: int = 16,
    ) -> "LogStore":
        """Connect as scheduler_app. ``notify_appended``, called after each append, must not block.

        Raises UnsafeDatabaseError: the server would lose acknowledged events.
        """
        # log.append and log.read_booking_context are planned once per connection. Plans that were
        # made while the tables are small would scan them for the connection's life.
        planned_once = make_conninfo(conninfo, options="-c plan_cache_mode=force_generic_plan -c enable_seqscan=off")
        connect = partial(psycopg.connect, planned_once, autocommit=True)
        with connect() as connection:
            _refuse_unsafe(connection)
        store = cls(
            name=conninfo,
            pool=open_pool(conninfo, name="log", most=most_connections),
            context_pool=open_pool(
                planned_once, name="read_booking_context", most=most_connections, resets=False, calls=CALLS
            ),
            append_batcher=AppendBatcher(connect),
            keys=keys,
            now=now,
            notify_appended=notify_appended,
        )
        _OPEN_STORES[store.name] = store
        return store

    def close(self) -> None:
        """Close all connections."""
        _OPEN_STORES.pop(self.name, None)
        self.append_batcher.close()
        self.context_pool.close()
        self.pool.close()

    def open_log(self, tenant_id: UUID) -> None:
        """Create the log of a practice, unless it exists."""
        self.keys.create_practice(tenant_id)
        with tenant_transaction(self.pool, tenant_id) as cursor:
            cursor.execute("select log.open_practice(%s, %s)", (tenant_id, genesis(tenant_id)))

    def environment(self, tenant_id: UUID) -> dict[str, str]:
        """Return the settings of the library's Application for one practice."""
        return {"PERSISTENCE_MODULE": get_topic(Factory), "LOG_STORE": self.name, "TENANT_ID": str(tenant_id)}

    def reader(self, tenant_id: UUID) -> PracticeReader:
        return PracticeReader(tenant_id, self.pool, self.context_pool, EventMapper(tenant_id, self.keys))


class Factory(InfrastructureFactory[TrackingRecorder]):
    """Creates the library's components. LOG_STORE is the name of an open LogStore."""

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        name = env.get("LOG_STORE")
        if name not in _OPEN_STORES:
            raise ProgrammingError("LOG_STORE names no open LogStore; open one first")
        self._store = _OPEN_STORES[name]
        self._tenant_id = UUID(env.get("TENANT_ID"))

    def mapper(self, *_: object, **__: object) -> Any:
        """Return our own mapper, which ignores the library's transcoder and cipher."""
        return EventMapper(self._tenant_id, self._store.keys)

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        if purpose == "snapshots":
            return SnapshotRecorder(self._tenant_id, self._store.pool, self._store.keys)
        return self.application_recorder()

    def application_recorder(self) -> ApplicationRecorder:
        store = self._store
        return PracticeRecorder(self._tenant_id, store.pool, store.append_batcher, store.now, store.notify_appended)

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:
        raise ProgrammingError("projections.engine stores the cursors")

    def process_recorder(self) -> ProcessRecorder:
        raise ProgrammingError("projections.engine stores the cursors")


def _refuse_unsafe(connection: Connection[Any]) -> None:
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        row = connection.execute("select current_setting(%s)", (setting,)).fetchone()
        if row is None or row[0] not in ("on", "remote_apply", "remote_write"):
            raise UnsafeDatabaseError(f"set {setting} = on: acknowledged events could be lost without it")
