"""(b) Gap oracle: writers that pause and die, and a reader that must see each event once, in order.

Each writer records its acknowledged appends in a file. At the end, the events that the reader saw
must equal the log and contain all acknowledged events. An append that was not acknowledged before
a writer died may be missing, or be there once.
"""

import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Event, Thread
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report
from bench.store import Store, check_log, fresh_store, store_at
from bench.workload import busy_practices
from domain.kernel.provenance import Provenance
from event_store.errors import StoreUnavailableError
from event_store.migrate import role_conninfo
from event_store.read.log_reader import LogReader
from event_store.tenancy import open_pool

TITLE: Final = "(b) Gap oracle"
PROCESSES: Final = 8
WRITERS_EACH: Final = 3
MAX_EVENTS: Final = 12
_PAGE: Final = 500
_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["bench.gap_oracle"])


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result. ``unanswered`` counts logged events that their writers never saw acknowledged."""

    events: int
    acknowledged: int
    unanswered: int
    kills: int
    pauses: int
    pages: int
    seconds: float
    counted: str


@dataclass(frozen=True, slots=True)
class Writers:
    """Settings of a process of writers."""

    admin: str
    key_file: Path
    tenants: Sequence[UUID]
    ledger: Path
    seed: int


def run(store: Store, *, events: int, practices: int = 40, seed: int = 1) -> Verdict:
    """Append about ``events`` events. Raises AssertionError: one was missed, doubled or lost."""
    tenants = store.open_practices(practices)
    chance = random.Random(seed)
    reader = TailingReader(store, tenants)
    with tempfile.TemporaryDirectory(prefix="gap-oracle-") as folder, reader.following():
        ledgers = Path(folder)
        began = time.monotonic()
        processes = [
            _start(Writers(store.admin, store.key_file, tenants, ledgers, chance.getrandbits(32)))
            for _ in range(PROCESSES)
        ]
        kills = pauses = 0
        try:
            while _acknowledged_events(ledgers) < events:
                time.sleep(chance.uniform(0.05, 0.25))
                number = chance.randrange(PROCESSES)
                assert processes[number].is_alive(), "a writer ended by itself"
                if chance.random() < 0.3:
                    processes[number].kill()
                    processes[number].join()
                    processes[number] = _start(
                        Writers(store.admin, store.key_file, tenants, ledgers, chance.getrandbits(32))
                    )
                    kills += 1
                else:
                    _pause(processes[number], chance.uniform(0.01, 0.1))
                    pauses += 1
        finally:
            for process in processes:
                process.kill()
                process.join()
        acknowledged = _acknowledged(ledgers)
    with store.superuser() as connection:
        in_log: dict[UUID, int] = dict(
            connection.execute(
                "select stream_id, count(*) from log.event where tenant_id = any (%s) group by 1", (list(tenants),)
            ).fetchall()
        )
        counted = check_log(connection, sum(in_log.values()), tenants)
    assert dict(reader.seen) == in_log, "the reader did not see what the log holds"
    lost = {stream: n for stream, n in acknowledged.items() if in_log.get(stream) != n}
    assert not lost, f"{len(lost)} acknowledged appends are not in the log as they were acknowledged"
    return Verdict(
        events=sum(in_log.values()),
        acknowledged=sum(acknowledged.values()),
        unanswered=sum(in_log.values()) - sum(acknowledged.values()),
        kills=kills,
        pauses=pauses,
        pages=reader.pages,
        seconds=time.monotonic() - began,
        counted=counted,
    )


class TailingReader:
    """Reads the events of all practices behind its cursors, as a projector does."""

    def __init__(self, store: Store, tenants: Sequence[UUID]) -> None:
        self.seen: Counter[UUID] = Counter()
        self.pages = 0
        self._pool = open_pool(role_conninfo(store.admin, "scheduler_projector", store.master), name="oracle", most=2)
        self._log = LogReader(self._pool, store.keys)
        self._cursors = dict.fromkeys(tenants, 0)
        self._faults: list[str] = []

    @contextmanager
    def following(self) -> Iterator[None]:
        """Read in a thread until the block ends, then read the rest.

        Raises AssertionError: a position was skipped or repeated.
        """
        enough = Event()
        thread = Thread(target=self._follow, args=(enough,))
        thread.start()
        try:
            yield
        finally:
            enough.set()
            thread.join()
            self._sweep()
            self._pool.close()
        assert not self._faults, self._faults[0]

    def _follow(self, enough: Event) -> None:
        while not enough.wait(0.002):
            self._sweep()

    def _sweep(self) -> None:
        for tenant_id, head in self._log.heads().items():
            while self._cursors.get(tenant_id, head) < head:
                self._read_page(tenant_id)

    def _read_page(self, tenant_id: UUID) -> None:
        cursor = self._cursors[tenant_id]
        page = self._log.page(tenant_id, cursor, _PAGE)
        positions = [event.position for event in page]
        if positions != list(range(cursor + 1, cursor + len(page) + 1)) or not page:
            self._faults.append(f"behind {cursor} of practice {tenant_id} came {positions[:3]} … {positions[-3:]}")
        self.seen.update(event.stream_id for event in page)
        self.pages += 1
        self._cursors[tenant_id] = positions[-1] if positions else self._cursors[tenant_id] + 1


def _start(writers: Writers) -> ForkServerProcess:
    process = _FORKS.Process(target=_write_for_ever, args=(writers,), daemon=True)
    process.start()
    return process


def _pause(process: ForkServerProcess, seconds: float) -> None:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGCONT)


def _write_for_ever(writers: Writers) -> None:
    """Append in several threads until killed."""
    ledger = os.open(writers.ledger / str(uuid7()), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with store_at(writers.admin, writers.key_file) as store:
        threads = [
            Thread(target=_append_for_ever, args=(store, writers.tenants, ledger, f"{writers.seed}-{number}"))
            for number in range(WRITERS_EACH)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _append_for_ever(store: Store, tenants: Sequence[UUID], ledger: int, seed: str) -> None:
    chance = random.Random(seed)
    practices = busy_practices(tenants, store.keys, patients=1)
    recorders = {tenant_id: store.recorder(tenant_id) for tenant_id in tenants}
    while True:
        practice = chance.choice(practices)
        facts, claims = practice.visit(chance.randint(1, MAX_EVENTS))
        by = Provenance("key:bench", uuid7(), bytes(32))
        try:
            recorders[practice.tenant_id].insert_events(practice.mapped(facts), provenance=by, guards=claims)
        except StoreUnavailableError:
            continue  # not acknowledged
        os.write(ledger, facts[0].originator_id.bytes + len(facts).to_bytes(4, "big"))
        if chance.random() < 0.02:
            time.sleep(chance.uniform(0, 0.05))


def _acknowledged(ledgers: Path) -> dict[UUID, int]:
    noted = {}
    for ledger in ledgers.iterdir():
        records = ledger.read_bytes()
        for at in range(0, len(records) - 19, 20):
            noted[UUID(bytes=records[at : at + 16])] = int.from_bytes(records[at + 16 : at + 20], "big")
    return noted


def _acknowledged_events(ledgers: Path) -> int:
    mean_size = (1 + MAX_EVENTS) / 2
    return int(sum(ledger.stat().st_size for ledger in ledgers.iterdir()) / 20 * mean_size)


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    events = 1_000_000 if options.long else 10_000 if options.quick else 100_000
    with fresh_store() as store, store.superuser() as connection:
        machine = describe(connection)
        verdict = run(store, events=events)
    report = Report(
        name="gap_oracle",
        title=TITLE,
        how=(
            f"{PROCESSES} processes of {WRITERS_EACH} writers each append 1 to {MAX_EVENTS} events at a time to 40 practices;"
            f" at random they pause, are stopped ({verdict.pauses} times) and are killed with SIGKILL ({verdict.kills} times)."
            f" One reader follows all practices and read {verdict.pages:,} pages. It took {verdict.seconds:.0f} s."
        ),
        checks=f"{verdict.counted}; {verdict.unanswered:,} more than their writers lived to hear of",
        goals=[Goal("events missed or doubled", "0", f"0 of {verdict.events:,}", is_met=True)],
    )
    return {TITLE: report.text(machine)}
