"""Cost of each part of an append: the CPU time that leaving it out saves."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg
from uuid_utils.compat import uuid7

from api.http.authentication import KeyAuthenticator
from api.http.idempotency import provenance
from api.http.thread_pool import FairThreadPool
from application.access.secret_keys import KEY_PREFIX, new_token
from application.kernel.permissions import Actor
from bench.appenders import EventStoreAppender
from bench.cpu import CpuMeter, server_process
from bench.figures import Spread
from bench.load import closed_loop
from bench.machine import describe
from bench.options import Options
from bench.report import Report, Table
from bench.store import migrated_server, store_at
from bench.workload import busy_practices
from domain.access.api_key import Role
from event_store.append.hash_chain import DigestedEvent, microseconds
from event_store.migrate import LOG_DATABASE

TITLE: Final = "(a) What each part of an append costs"
WRITERS: Final = 8
_BAR_US: Final = 5.0


@dataclass(frozen=True, slots=True)
class Variant:
    """An append without one part.

    ``edits`` change the text of log.append, ``statements`` run in a copy of its database.
    """

    name: str
    edits: tuple[tuple[str, str], ...] = ()
    statements: tuple[str, ...] = ()
    sealed: bool = True
    claims: bool = True


WHOLE: Final = Variant("everything on")
VARIANTS: Final = (
    WHOLE,
    Variant("sealing of a personal field", sealed=False),
    Variant("two time claims", claims=False),
    Variant(
        "of these, that none may overlap",
        statements=("alter table log.time_claim drop constraint time_claim_no_overlap",),
    ),
    Variant("hash chain, linked in the append", edits=(("sha256(link || int8send(head) || digest)", "digest"),)),
    Variant(
        "command ids (idempotency)",
        statements=("alter table log.event drop constraint event_tenant_id_command_id_command_part_key",),
    ),
    Variant(
        "row-level security",
        statements=tuple(
            f"alter table log.{table} disable row level security"
            for table in ("tenant_head", "event", "event_0", "event_1", "event_2", "event_3", "time_claim")
        ),
    ),
)


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    seconds, practices = (0.5, 50) if options.quick else (2.0, 500)
    used: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        admin, key_file = stack.enter_context(migrated_server())
        connection = stack.enter_context(psycopg.connect(admin, dbname="postgres", autocommit=True))
        machine = describe(connection)
        for number, variant in enumerate(VARIANTS):
            _copy(admin, f"bench_{number}", variant)
        logs = {
            variant.name: stack.enter_context(_log(admin, key_file, f"bench_{number}", variant, practices))
            for number, variant in enumerate(VARIANTS)
        }
        meter = CpuMeter({"client": options.own_pid, "server": server_process(connection)})
        acknowledged = dict.fromkeys(logs, 0)
        for number in range(options.rounds + 1):
            for name, log in logs.items():
                with log.writers(WRITERS, 1) as operations:
                    meter.restart()
                    run = closed_loop(operations, seconds)
                    cpu = sum(meter.used().values())
                acknowledged[name] += run.operations
                if number > 0:  # the first round is a warm-up
                    used[name].append(cpu / run.operations * 1e6)
        checks = {name: log.check(acknowledged[name]) for name, log in logs.items()}
    saved = {
        name: Spread.of([whole - without for whole, without in zip(used[WHOLE.name], of_one, strict=True)])
        for name, of_one in used.items()
        if name != WHOLE.name
    }
    alone = {
        "hash chain, digest in the program": Spread.of([_cpu_us(_digest()) for _ in range(options.rounds)]),
        "authentication of a request": Spread.of([_cpu_us(_authenticate()) for _ in range(options.rounds)]),
        "fingerprint of a request (idempotency)": Spread.of([_cpu_us(_fingerprint()) for _ in range(options.rounds)]),
    }
    whole = Spread.of(used[WHOLE.name])
    rows = [(WHOLE.name, whole.text(), _bar(whole.middle))]
    rows += [(name, spread.text(), _bar(spread.middle)) for name, spread in (saved | alone).items()]
    report = Report(
        name="parts",
        title=TITLE,
        how=(
            f"CPU of program and server for an append of one event by {WRITERS} writers, and what is saved of it without one part:"
            f" {options.rounds} rounds of {seconds} s each, all variants in turn, each in a copy of the database with that part taken"
            " out of the statement, the tables or the event. Authentication, fingerprint and digest were measured alone, by the"
            f" program's own functions; a key is also looked up in the database once a second. One block is {_BAR_US:.0f} µs."
        ),
        checks=f"with everything on, {checks[WHOLE.name]}; the others likewise",
        tables=[Table(("part", "CPU µs an append", ""), rows)],
    )
    return {TITLE: report.text(machine)}


def _copy(admin: str, database: str, variant: Variant) -> None:
    with psycopg.connect(admin, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"create database {database} template {LOG_DATABASE}".encode())
    with psycopg.connect(admin, dbname=database, autocommit=True) as connection:
        row = connection.execute("select pg_get_functiondef('log.append'::regproc)").fetchone()
        assert row is not None
        text = str(row[0])
        for part, instead in variant.edits:
            assert part in text, f"log.append has changed: it does not hold {part!r}"
            text = text.replace(part, instead)
        for statement in (text, *variant.statements):
            connection.execute(statement.encode())


@contextmanager
def _log(admin: str, key_file: Path, database: str, variant: Variant, practices: int) -> Iterator[EventStoreAppender]:
    with store_at(admin, key_file, database) as store:
        busy = busy_practices(store.open_practices(practices), store.keys)
        yield EventStoreAppender(store, busy, sealed=variant.sealed, claims=variant.claims)


def _digest() -> Callable[[], object]:
    now = microseconds(datetime.now(UTC))
    return DigestedEvent(
        uuid7().bytes,
        uuid7().bytes,
        1,
        b"bench.visit.requested",
        1,
        bytes(600),
        bytes(150),
        b"key:bench",
        uuid7().bytes,
        0,
        bytes(32),
        None,
        now,
        now,
    ).digest


def _authenticate() -> Callable[[], object]:
    key = new_token(KEY_PREFIX)
    actor = Actor(UUID(int=1), UUID(int=2), Role.OWNER, None)
    thread_pool = FairThreadPool(1, 1)
    key_authenticator = KeyAuthenticator(lambda _: actor, thread_pool)

    def ask() -> None:
        try:
            key_authenticator.actor(key, "").send(None)
        except StopIteration:
            return
        raise AssertionError("the key was looked up")

    assert asyncio.run(key_authenticator.actor(key, "")) == actor
    thread_pool.close()
    return ask


def _fingerprint() -> Callable[[], object]:
    actor = Actor(UUID(int=1), UUID(int=2), Role.OWNER, None)
    body = b'{"patient_id": "01980c5a-0000-7000-8000-000000000004", "starts_at": "2026-06-01T09:00:00+02:00"}'
    return lambda: provenance(actor, str(uuid7()), "POST", "/v1/appointments", body)


def _cpu_us(work: Callable[[], object]) -> float:
    repeats = 2_000
    # A cached key expires after a second; this takes far less.
    began = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - began) / repeats * 1e6


def _bar(microseconds: float) -> str:
    return "█" * max(0, round(microseconds / _BAR_US)) or "▏"
