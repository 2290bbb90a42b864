"""Three ways to append the same events: our log, the library's stock recorder, and bare inserts."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any, Final, Protocol
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict
from uuid_utils.compat import uuid7

from bench.store import Store, check_log
from bench.workload import BusyPractice
from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import Provenance
from domain.scheduling.time_claim import TimeClaim
from event_store.append.event_mapper import MappedEvent
from event_store.append.recorder import PracticeRecorder

Write = Callable[[], None]
_DECIDED_AHEAD: Final = 8_000
"""Visits that are prepared before the clock runs: only appending is measured."""


class Appender(Protocol):
    """One way to append.

    ``writers`` yields one operation for each thread and closes their connections at the end.
    """

    name: str

    @contextmanager
    def writers(self, threads: int, events: int) -> Iterator[list[Write]]: ...

    def check(self, acknowledged: int) -> str:
        """Count the stored events. Raises AssertionError: the count is not ``acknowledged``."""
        ...


class EventStoreAppender:
    """The product's log with all features.

    Mapping, sealing, digests, hash chain, claims, row-level security, and command ids with
    fingerprints.
    """

    name = "ours"

    def __init__(
        self, store: Store, practices: Sequence[BusyPractice], *, sealed: bool = True, claims: bool = True
    ) -> None:
        self._store = store
        self._sealed = sealed
        self._claims = claims
        self._practices = [(practice, store.recorder(practice.tenant_id)) for practice in practices]

    @contextmanager
    def writers(self, threads: int, events: int) -> Iterator[list[Write]]:
        yield [self._writer(random.Random(number), events, _DECIDED_AHEAD // threads) for number in range(threads)]

    def check(self, acknowledged: int) -> str:
        with self._store.superuser() as connection:
            return check_log(connection, acknowledged)

    def _writer(self, chance: random.Random, events: int, decided_ahead: int) -> Write:
        def decide() -> tuple[BusyPractice, PracticeRecorder, list[Aggregate.Event], list[TimeClaim]]:
            practice, recorder = chance.choice(self._practices)
            return practice, recorder, *practice.visit(events, sealed=self._sealed)

        decided = [decide() for _ in range(decided_ahead)]

        def write() -> None:
            practice, recorder, facts, claims = decided.pop() if decided else decide()
            by = Provenance(actor="key:bench", command_id=uuid7(), fingerprint=bytes(32))
            recorder.insert_events(practice.mapped(facts), provenance=by, guards=claims if self._claims else ())

        return write


class StockRecorderAppender:
    """The library's recorder, unchanged, in its own database; it gets bytes of equal length."""

    name = "stock recorder"

    def __init__(self, store: Store, bodies: Sequence[MappedEvent]) -> None:
        self._bodies = stored_bytes(bodies)
        self._store = store
        with store.superuser("postgres") as connection:
            connection.execute("create database bench_stock")
        parts = conninfo_to_dict(store.admin)
        self._datastore = PostgresDatastore(
            dbname="bench_stock",
            host=str(parts["host"]),
            port=str(parts["port"]),
            user=str(parts["user"]),
            password=str(parts["password"]),
            pool_size=32,
            max_overflow=0,
        )
        self._recorder = PostgresApplicationRecorder(self._datastore)
        self._recorder.create_table()

    @contextmanager
    def writers(self, threads: int, events: int) -> Iterator[list[Write]]:
        bodies = self._bodies[:events]

        def write() -> None:
            stream = uuid7()
            facts = [StoredEvent(stream, n, topic, state) for n, (topic, state) in zip(count(1), bodies)]
            self._recorder.insert_events(facts)

        yield [write] * threads

    def check(self, acknowledged: int) -> str:
        return _counted(self._store, "bench_stock", acknowledged)

    def close(self) -> None:
        self._datastore.close()


class BareInsertAppender:
    """One prepared INSERT per append in autocommit mode: no check, no order, no tenant."""

    name = "bare INSERT"

    def __init__(self, store: Store, bodies: Sequence[MappedEvent]) -> None:
        self._bodies = stored_bytes(bodies)
        self._store = store
        with store.superuser("postgres") as connection:
            connection.execute("create database bench_bare")
        with self._connect() as connection:
            connection.execute(
                "create table stored_events (originator_id uuid, originator_version int, topic text, state bytea,"
                " primary key (originator_id, originator_version))"
            )

    @contextmanager
    def writers(self, threads: int, events: int) -> Iterator[list[Write]]:
        with ExitStack() as stack:
            yield [self._writer(stack.enter_context(self._connect()), events) for _ in range(threads)]

    def check(self, acknowledged: int) -> str:
        return _counted(self._store, "bench_bare", acknowledged)

    def _connect(self) -> Connection[Any]:
        return psycopg.connect(self._store.admin, dbname="bench_bare", autocommit=True)

    def _writer(self, connection: Connection[Any], events: int) -> Write:
        cursor = connection.cursor()
        statement = sql.SQL("insert into stored_events values {}").format(
            sql.SQL(", ").join([sql.SQL("(%b, %b, %b, %b)")] * events)
        )
        bodies = self._bodies[:events]

        def write() -> None:
            stream: UUID = uuid7()
            values = [value for n, (topic, state) in zip(count(1), bodies) for value in (stream, n, topic, state)]
            cursor.execute(statement, values, prepare=True)

        return write


def stored_bytes(events: Sequence[MappedEvent]) -> list[tuple[str, bytes]]:
    """Return (topic, stored bytes) of mapped events: body and sealed part in one."""
    return [(event.topic, event.state + (event.sealed or b"")) for event in events]


def _counted(store: Store, database: str, acknowledged: int) -> str:
    with store.superuser(database) as connection:
        row = connection.execute("select count(*) from stored_events").fetchone()
    assert row == (acknowledged,), f"{acknowledged} acknowledged, found {row}"
    return f"{acknowledged:,} events acknowledged and found"
