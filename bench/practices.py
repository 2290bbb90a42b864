"""(h) Free times with many practices: of one clinician, of any of ten, and explanations."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from psycopg import Connection

from bench.cpu import CpuMeter, server_process
from bench.figures import Spread, percentile
from bench.http_client import AdminClient, LoadClient, request_bytes
from bench.machine import describe
from bench.many_practices import BenchPractice, open_bench_practices
from bench.many_practices_check import check_chain_and_views
from bench.many_practices_rows import fill
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.server_process import ServerProcess, running_server

TITLE: Final = "(h) Free times among many practices"
ASKED: Final = 10
"""Practices that are queried in turn; each has ten clinicians."""
A_DAY: Final = 6
DAYS: Final = 14
ONE, ANYONE, EXPLAIN = "one clinician", "anyone of ten", "explain"
P95_MS: Final = {ONE: 15.0, ANYONE: 40.0, EXPLAIN: 20.0}
MAX_CPU: Final = 1.2
WARM_UP: Final = 20


@dataclass(frozen=True, slots=True)
class Measurement:
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float


Rounds: TypeAlias = Mapping[tuple[str, int], list[Measurement]]
"""By query and number of practices."""


@dataclass(frozen=True, slots=True)
class Testbed:
    """A server with practices in its database; the first ten are queried."""

    load_client: LoadClient
    program: ServerProcess
    connections: Sequence[Connection[Any]]
    meter: CpuMeter
    practices: list[BenchPractice]

    def grow_to(self, size: int) -> None:
        """Open practices up to this number, and insert their visits."""
        numbers = range(len(self.practices), size)
        clinicians = [10 if number < ASKED else 3 for number in numbers]
        visits = [A_DAY * DAYS * 10 if number < ASKED else 501 for number in numbers]
        practices = open_bench_practices(self.program.container, clinicians)
        while self.program.container.read_models.status(only_behind=True):
            time.sleep(0.2)
        if practices:
            fill(self.connections, practices, visits, first=_window()[0] + timedelta(hours=8), a_day=A_DAY)
        self.practices.extend(practices)

    def measure_query(self, kind: str, requests: int) -> Measurement:
        questions = [_request(kind, practice, number) for number, practice in enumerate(self.practices[:ASKED])]
        script = list(islice(cycle(questions), requests))
        self.load_client.run(self.program.port, [script[:WARM_UP]])
        return self.run(script)

    def run(self, script: Sequence[bytes]) -> Measurement:
        self.meter.restart()
        result = self.load_client.run(self.program.port, [script])
        cpu = sum(self.meter.used().values())
        assert {response.status for response in result.responses} == {200}
        waits = [response.seconds * 1e3 for response in result.responses]
        p50, p95, p99 = (percentile(waits, part) for part in (0.5, 0.95, 0.99))
        return Measurement(p50, p95, p99, cpu / len(script) * 1e3)


@contextmanager
def _running_testbed(load_client: LoadClient) -> Iterator[Testbed]:
    with running_server() as program, program.superuser() as main, program.superuser() as helper:
        meter = CpuMeter({"program": program.pid, "server": server_process(main)})
        yield Testbed(load_client, program, [main, helper], meter, [])


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    sizes = (1, 10, 40) if options.quick else (1, 10, 100, 1_000, 10_000)
    requests = 40 if options.quick else 250
    rounds: defaultdict[tuple[str, int], list[Measurement]] = defaultdict(list)
    with (
        closing(LoadClient()) as load_client,
        _running_testbed(load_client) as testbed,
        _running_testbed(load_client) as few,
    ):
        main = testbed.connections[0]
        machine = describe(main)
        began = time.monotonic()
        for size in sizes:
            testbed.grow_to(size)
            for _ in range(options.rounds):
                for kind in P95_MS:
                    rounds[kind, size].append(testbed.measure_query(kind, requests))
        few.grow_to(ASKED)
        ratios = _compare(few, testbed, 2 * options.rounds, requests)
        turns = _query_cold_and_warm(testbed, testbed.practices[ASKED:][: 5 * requests])
        seconds = time.monotonic() - began
        counts = main.execute("select count(*), (select count(*) from log.time_claim) from log.event").fetchone()
        assert counts is not None
        checks = check_chain_and_views(testbed.program, main, [testbed.practices[0], testbed.practices[-1]])
        free = {len(_free(one.program, practice)) for one in (testbed, few) for practice in one.practices[:ASKED]}
        assert len(free) == 1, "all practices were to have the same free times"
    report = Report(
        name="practices",
        title=TITLE,
        how=(
            f"`scheduler serve`; {sizes[0]} to {sizes[-1]:,} practices in one database, each opened by the product's code, with some 500"
            " visits that were written by SQL: events with their hash chain, claims, heads and read models. The first ten have ten"
            f" clinicians and rooms, of which each has {A_DAY} visits a day; they are asked in turn by one client, {options.rounds} rounds"
            f" of {requests} requests: `GET /v1/slots` over {DAYS} days for one clinician and for anyone, and `/v1/slots/explain` of a"
            " time that is taken. CPU is that of program and server together; what the many make of it is measured beside a second program"
            f" with {ASKED} practices, both in turns. Building and measuring took {seconds:.0f} s."
        ),
        checks=f"{counts[0]:,} events and {counts[1]:,} claims; every answer 200, {free.pop()} free times each; {checks}",
        goals=_goals(rounds, ratios, sizes),
        tables=[_table(rounds), *turns],
    )
    return {TITLE: report.text(machine)}


def _compare(few: Testbed, many: Testbed, rounds: int, requests: int) -> dict[str, list[float]]:
    """Return, by query, the ratio of CPU time with many practices to that with few."""
    ratios: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        for kind in P95_MS:
            order = (few, many) if number % 2 else (many, few)
            cpu = {id(testbed): testbed.measure_query(kind, requests).cpu_ms for testbed in order}
            ratios[kind].append(cpu[id(many)] / cpu[id(few)])
    return ratios


def _query_cold_and_warm(testbed: Testbed, practices: Sequence[BenchPractice]) -> list[Table]:
    """Query practices for the first time, each once, and then each once more."""
    if not practices:
        return []
    questions = [_request(ONE, practice, 0) for practice in practices]
    rows = [
        (name, *(f"{value:.2f}" for value in astuple(testbed.run(questions))))
        for name in ("for the first time", "once more")
    ]
    caption = (
        f"One clinician's free times of {len(practices):,} practices of three clinicians, each asked once and then once more: the first"
        " question reads what can be booked there, both look the key up."
    )
    return [Table(("asked", "p50 ms", "p95 ms", "p99 ms", "CPU ms"), rows, caption)]


def _request(kind: str, practice: BenchPractice, number: int) -> bytes:
    return request_bytes("GET", _path(kind, practice, number), practice.key)


def _path(kind: str, practice: BenchPractice, number: int) -> str:
    begins, ends = _window()
    clinician = {"clinician_id": practice.clinicians[number % len(practice.clinicians)]}
    query: dict[str, object] = {"service_id": practice.service_id}
    if kind == EXPLAIN:
        return f"/v1/slots/explain?{urlencode(query | clinician | {'at': (begins + timedelta(hours=8)).isoformat()})}"
    query |= {"from": begins.isoformat(), "to": ends.isoformat()}
    return f"/v1/slots?{urlencode(query if kind == ANYONE else query | clinician)}"


def _free(program: ServerProcess, practice: BenchPractice) -> list[object]:
    found: list[object] = AdminClient(program.port, practice.key).send("GET", _path(ANYONE, practice, 0))["slots"]
    return found


def _window() -> tuple[datetime, datetime]:
    begins = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    return begins, begins + timedelta(days=DAYS)


def _goals(rounds: Rounds, ratios: Mapping[str, Sequence[float]], sizes: Sequence[int]) -> list[Goal]:
    goals = []
    for kind, most in P95_MS.items():
        slowest = max(
            (Spread.of([one.p95_ms for one in rounds[kind, size]]) for size in sizes), key=lambda p95: p95.middle
        )
        goals.append(
            Goal(f"{kind}, p95, at its slowest", f"< {most:.0f} ms", slowest.text("ms"), slowest.middle < most)
        )
    for kind, ratio in ((kind, Spread.of(ratios[kind])) for kind in P95_MS):
        what = f"{kind}, CPU at {sizes[-1]:,} practices / at {ASKED}"
        goals.append(Goal(what, f"≤ {MAX_CPU} times", ratio.text(), ratio.middle <= MAX_CPU))
    return goals


def _table(rounds: Rounds) -> Table:
    return Table(
        ("question", "practices", "p50 ms", "p95 ms", "p99 ms", "CPU ms"),
        [
            (kind, f"{size:,}", *(Spread.of(column).text() for column in zip(*map(astuple, measured), strict=True)))
            for (kind, size), measured in sorted(rounds.items())
        ],
    )
