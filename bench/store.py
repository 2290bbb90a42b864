"""A new event store on an embedded server of its own, for one measurement."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.utils import Environment
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from uuid_utils.compat import uuid7

from event_store.append.recorder import PracticeRecorder
from event_store.embedded import EmbeddedServer
from event_store.keys.key_ring import KeyRing
from event_store.keys.master_key import KeyFile
from event_store.log_store import Factory, LogStore
from event_store.migrate import LOG_DATABASE, migrate, role_conninfo
from event_store.tenancy import open_pool


@dataclass(frozen=True, slots=True)
class Store:
    """``admin`` logs in as superuser."""

    admin: str
    key_file: Path
    master: KeyFile
    log: LogStore
    keys: KeyRing

    def superuser(self, database: str | None = None) -> Connection[Any]:
        """Open an autocommit connection as superuser, to the log database or to another one."""
        return psycopg.connect(make_conninfo(self.admin, **({"dbname": database} if database else {})), autocommit=True)

    def recorder(self, tenant_id: UUID) -> PracticeRecorder:
        """Return the recorder of one practice's events."""
        recorder = Factory(Environment(str(tenant_id), self.log.environment(tenant_id))).application_recorder()
        assert isinstance(recorder, PracticeRecorder)
        return recorder

    def open_practices(self, count: int) -> list[UUID]:
        """Open the logs of new practices and return their ids."""
        tenants = [uuid7() for _ in range(count)]
        for tenant_id in tenants:
            self.log.open_log(tenant_id)
        return tenants


@contextmanager
def migrated_server() -> Iterator[tuple[str, Path]]:
    """Start a server in a new folder; yield its superuser conninfo and its key file.

    The folder is removed at the end.
    """
    folder = Path(tempfile.mkdtemp(prefix="scheduler-bench-"))
    server = EmbeddedServer(folder)
    key_file = folder / "master.key"
    try:
        address = server.start()
        admin = address.conninfo("postgres", "postgres", server.superuser_password)
        migrate(admin, KeyFile(key_file))
        yield admin, key_file
    finally:
        server.stop()
        shutil.rmtree(folder)


@contextmanager
def fresh_store() -> Iterator[Store]:
    """Open a store on a server of its own."""
    with migrated_server() as (admin, key_file), store_at(admin, key_file) as store:
        yield store


@contextmanager
def store_at(admin: str, key_file: Path, database: str = LOG_DATABASE) -> Iterator[Store]:
    """Open the log of a migrated server; ``database`` may be a copy of the log database."""
    master = KeyFile(key_file)
    key_pool = open_pool(role_conninfo(admin, "scheduler_keys_app", master), name="keys", most=8, wait_seconds=30)
    keys = KeyRing(key_pool, master)
    app = make_conninfo(role_conninfo(admin, "scheduler_app", master), dbname=database)
    log = LogStore.open(app, keys, lambda: datetime.now(UTC))
    try:
        yield Store(make_conninfo(admin, dbname=database), key_file, master, log, keys)
    finally:
        log.close()
        key_pool.close()


def check_log(connection: Connection[Any], acknowledged: int, tenants: Sequence[UUID] = ()) -> str:
    """Check the log of all practices, or of some, and return a summary.

    ``connection`` is a superuser's. Raises AssertionError: an acknowledged event is missing or
    doubled, a position is skipped, or two claims overlap.
    """
    only = "where tenant_id = any (%(tenants)s)" if tenants else ""
    events, tops, gaps = _row(
        connection,
        f"""
        select coalesce(sum(events), 0), coalesce(sum(top), 0), count(*) filter (where events <> top or least <> 1)
        from (select count(*) as events, max(position) as top, min(position) as least from log.event {only} group by tenant_id) s
        """,
        tenants,
    )
    (heads,) = _row(connection, f"select coalesce(sum(position), 0) from log.tenant_head {only}", tenants)
    claims, overlaps = _row(
        connection,
        f"""
        select count(*), count(*) filter (where before > starts_at)
        from (
            select starts_at, max(ends_at) over (
                partition by tenant_id, what order by starts_at rows between unbounded preceding and 1 preceding
            ) as before
            from log.time_claim {only}
        ) s
        """,
        tenants,
    )
    assert events == acknowledged, f"{acknowledged} events were acknowledged, {events} are in the log"
    assert (gaps, tops, heads) == (0, events, events), "positions have gaps"
    assert overlaps == 0, f"{overlaps} claims overlap"
    return f"{events:,} events as they were acknowledged, none lost, none twice, positions gapless, {claims:,} claims without an overlap"


def _row(connection: Connection[Any], query: str, tenants: Sequence[UUID]) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), {"tenants": list(tenants)} if tenants else None).fetchone()
    assert row is not None
    return tuple(row)
