"""The program as the tests use it: real log, real keys, real read models, one server for all."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection, Cursor
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool
from uuid_utils.compat import uuid7

from adapters.holidays.public_holidays import CalculatedHolidays
from adapters.phonenumbers.phone_numbers import LibPhoneNumbers
from application.kernel.practice_log import PracticeLog, PracticeLogs
from domain.kernel.provenance import Provenance
from domain.practice.practice import Practice, PracticeSettings
from event_store.embedded import SUPERUSER
from event_store.keys.blind_index import words_of
from event_store.keys.key_ring import KeyRing
from event_store.log_store import LogStore
from event_store.read.log_reader import LogReader
from event_store.read.log_verifier import LogVerifier
from event_store.tenancy import open_pool, tenant_transaction
from projections.audit.history.instants import Instants
from projections.audit.history.queries import HistoryQueries
from projections.engine.rows import Projector
from projections.engine.runner import Runner
from projections.importing.imports.queries import ImportQueries
from projections.patients.directory.queries import PatientQueries
from projections.read_models import projectors
from projections.scheduling.calendar.past import PastCalendar
from projections.scheduling.calendar.queries import CalendarQueries
from tests.support.database import Database
from tests.support.wait_until import TIMEOUT_SECONDS


class SettableClock:
    """The current time, or a fixed one that a test may change."""

    def __init__(self, fixed_time: datetime | None = None) -> None:
        self.fixed_time = fixed_time

    def now(self) -> datetime:
        return self.fixed_time or datetime.now(UTC)


@dataclass(frozen=True)
class Container:
    """The wired parts: ``app``, ``projector`` are pools of these roles; ``clock`` is settable."""

    database: Database
    clock: SettableClock
    keys: KeyRing
    store: LogStore
    logs: PracticeLogs
    app: ConnectionPool
    projector: ConnectionPool
    projector_log: LogReader
    app_log: LogReader
    log_verifier: LogVerifier

    def practice(self, zone: str = "Europe/Berlin") -> PracticeLog:
        """Open a fresh practice: a tenant of its own is all the isolation that a test needs."""
        tenant_id = uuid7()
        log = self.logs.begin(tenant_id)
        settings = PracticeSettings("Studio", zone, "EUR", "de-DE")
        log.record(Practice.open(id=tenant_id, settings=settings, at=self.clock.now()), by=by_test())
        return log

    def app_transaction(self, tenant_id: UUID) -> AbstractContextManager[Cursor[Any]]:
        return tenant_transaction(self.app, tenant_id)

    def projector_transaction(self, tenant_id: UUID) -> AbstractContextManager[Cursor[Any]]:
        return tenant_transaction(self.projector, tenant_id)

    def admin(self) -> AbstractContextManager[Connection[Any]]:
        """A superuser's connection to the log's database, in autocommit mode."""
        return psycopg.connect(self.database.conninfo(SUPERUSER), autocommit=True)

    def calendar(self) -> CalendarQueries:
        return CalendarQueries(self.app_transaction)

    def patients(self) -> PatientQueries:
        return PatientQueries(self.app_transaction, self.app_log, self.keys, words_of)

    def past_calendar(self) -> PastCalendar:
        return PastCalendar(self.app_transaction, self.app_log)

    def history(self) -> HistoryQueries:
        return HistoryQueries(self.app_transaction, self.app_log)

    def imports(self) -> ImportQueries:
        return ImportQueries(self.app_transaction)

    def instants(self) -> Instants:
        return Instants(self.app_transaction)

    def projectors(self) -> tuple[Projector, ...]:
        return projectors(self.keys)

    def runner(self, *, of: tuple[Projector, ...] | None = None, page: int = 250) -> Runner:
        return Runner(
            self.projector_log,
            of or self.projectors(),
            self.projector_transaction,
            self.projector.connection,
            page=page,
        )


def by_test(causation_id: UUID | None = None) -> Provenance:
    """A provenance that no other command has."""
    return Provenance(actor="test", command_id=uuid7(), causation_id=causation_id)


@contextmanager
def open_container(
    database: Database, clock: SettableClock | None = None, *, now: Callable[[], datetime] | None = None
) -> Iterator[Container]:
    """Wire the parts as the composition root does, and give all connections back at the end."""
    clock = clock or SettableClock()
    # A cursor lost in a power cut is projected again with its rows: no commit waits for the disk.
    lazy = make_conninfo(database.conninfo("scheduler_projector"), options="-c synchronous_commit=off")
    with (
        open_pool(database.key_conninfo, name="keys", most=8) as key_pool,
        open_pool(lazy, name="projector", most=8) as projector,
    ):
        keys = KeyRing(key_pool, database.master)
        store = LogStore.open(database.conninfo("scheduler_app"), keys, now or clock.now)
        for pool in (key_pool, projector, store.pool, store.context_pool):
            pool.timeout = TIMEOUT_SECONDS
        try:
            yield Container(
                database=database,
                clock=clock,
                keys=keys,
                store=store,
                logs=PracticeLogs(store, LibPhoneNumbers(), CalculatedHolidays()),
                app=store.pool,
                projector=projector,
                projector_log=LogReader(projector, keys),
                app_log=LogReader(store.pool, keys),
                log_verifier=LogVerifier(
                    lambda: psycopg.connect(database.conninfo("scheduler_backup"), autocommit=True)
                ),
            )
        finally:
            store.close()
