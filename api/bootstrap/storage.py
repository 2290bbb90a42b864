"""The log, its keys and the connections of one process."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from adapters.postgres.connections import connect
from adapters.postgres.database_watch import DatabaseWatch
from adapters.postgres.job_queue import PostgresJobQueue, open_job_queue
from api.bootstrap.database_server import Server
from application.kernel.ports import Clock
from event_store.append.notifier import Notifier
from event_store.keys.key_ring import KeyRing
from event_store.keys.sealing import fault_of
from event_store.log_store import LogStore
from event_store.read.log_reader import LogReader
from event_store.read.log_verifier import LogVerifier
from event_store.read.stream_lookup import StreamLookup, VisitLookup
from event_store.tenancy import open_pool, tenant_transaction
from projections.engine.ports import TenantTransaction


@dataclass(frozen=True)
class Storage:
    """``transaction`` runs as the role scheduler_app. Thread-safe."""

    server: Server
    keys: KeyRing
    store: LogStore
    log_reader: LogReader
    log_verifier: LogVerifier
    stream_lookup: StreamLookup
    visit_lookup: VisitLookup
    transaction: TenantTransaction

    def job_queue(self) -> AbstractContextManager[PostgresJobQueue]:
        """Open the work queue of all practices."""
        return open_job_queue(self.server.conninfo("scheduler_worker"))

    def watch_server(self, tell: Callable[[bool], None]) -> DatabaseWatch:
        """Call ``tell(False)`` when the server stops answering, and ``tell(True)`` afterwards."""
        return DatabaseWatch(self.server.conninfo("scheduler_app"), tell)

    def practices(self) -> list[UUID]:
        """Return the ids of all practices, the oldest first."""
        with connect(self.server.conninfo("scheduler_projector")) as connection:
            return [id_ for (id_,) in connection.execute("select tenant_id from log.tenant_head order by 1").fetchall()]

    def newest_recorded_at(self) -> datetime | None:
        """Return when the newest event of any practice was recorded."""
        with connect(self.server.conninfo("scheduler_projector")) as connection:
            row = connection.execute(
                "select max(e.recorded_at) from log.tenant_head h"
                " join log.event e on e.tenant_id = h.tenant_id and e.position = h.position"
            ).fetchone()
        return row[0].astimezone(UTC) if row and row[0] else None

    def damaged_persons(self) -> list[dict[str, object]]:
        """Return the persons whose key is missing or was altered, of all practices."""
        return [
            {"practice_id": tenant_id, "person_id": subject_id, "fault": fault_of(error)}
            for tenant_id in self.practices()
            for subject_id, error in self.keys.damaged_persons(tenant_id).items()
        ]

    def has_stream(self, tenant_id: UUID, stream_id: UUID) -> bool:
        """Return whether the practice's log has an aggregate with this id."""
        return bool(self.stream_lookup.known(tenant_id, [stream_id]))


@contextmanager
def open_storage(server: Server, clock: Clock, connections: int) -> Iterator[Storage]:
    """Open the pools, and close them at the end. At most ``connections`` serve reads."""
    with ExitStack() as stack:
        app = server.conninfo("scheduler_app")
        key_pool = stack.enter_context(open_pool(server.conninfo("scheduler_keys_app"), name="keys", most=8))
        keys = KeyRing(key_pool, server.master)
        notifier = Notifier(partial(connect, app))
        stack.callback(notifier.close)
        store = LogStore.open(
            app, keys, clock.now, notify_appended=notifier.notify_appended, most_connections=connections
        )
        stack.callback(store.close)
        pool = store.pool
        yield Storage(
            server,
            keys,
            store,
            LogReader(pool, keys),
            LogVerifier(partial(connect, server.conninfo("scheduler_backup"))),
            StreamLookup(pool),
            VisitLookup(pool),
            partial(tenant_transaction, pool),
        )
