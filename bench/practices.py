"""(h) Free times while other practices fill the database: of one clinician, of anyone of ten, and why a time is not free."""

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
from bench.crowd import Member, open_members
from bench.crowd_check import chained_and_projected
from bench.crowd_rows import fill
from bench.figures import Spread, percentile
from bench.http_client import Gunner, User, request_bytes
from bench.machine import describe
from bench.options import Options
from bench.program import Program, serving
from bench.report import Goal, Report, Table

TITLE: Final = "(h) Free times among many practices"
ASKED: Final = 10
"""So many practices are asked, one after the other; each has ten clinicians."""
A_DAY: Final = 6
DAYS: Final = 14
ONE, ANYONE, EXPLAIN = "one clinician", "anyone of ten", "explain"
P95_MS: Final = {ONE: 15.0, ANYONE: 40.0, EXPLAIN: 20.0}
MOST_CPU: Final = 1.2
WARM_UP: Final = 20


@dataclass(frozen=True, slots=True)
class Measured:
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float


Rounds: TypeAlias = Mapping[tuple[str, int], list[Measured]]
"""By question and number of practices."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A program with practices in its database, of which the first ten are asked."""

    gunner: Gunner
    program: Program
    connections: Sequence[Connection[Any]]
    meter: CpuMeter
    members: list[Member]

    def grow(self, size: int) -> None:
        """Open practices until there are so many, and fill them."""
        numbers = range(len(self.members), size)
        clinicians = [10 if number < ASKED else 3 for number in numbers]
        visits = [A_DAY * DAYS * 10 if number < ASKED else 501 for number in numbers]
        members = open_members(self.program.container, clinicians)
        while self.program.container.read_models.status(only_behind=True):
            time.sleep(0.2)
        if members:
            fill(self.connections, members, visits, first=_window()[0] + timedelta(hours=8), a_day=A_DAY)
        self.members.extend(members)

    def ask(self, kind: str, requests: int) -> Measured:
        questions = [_question(kind, member, number) for number, member in enumerate(self.members[:ASKED])]
        script = list(islice(cycle(questions), requests))
        self.gunner.fire(self.program.port, [script[:WARM_UP]])
        return self.fire(script)

    def fire(self, script: Sequence[bytes]) -> Measured:
        self.meter.restart()
        volley = self.gunner.fire(self.program.port, [script])
        cpu = sum(self.meter.used().values())
        assert {shot.status for shot in volley.shots} == {200}
        waits = [shot.seconds * 1e3 for shot in volley.shots]
        p50, p95, p99 = (percentile(waits, part) for part in (0.5, 0.95, 0.99))
        return Measured(p50, p95, p99, cpu / len(script) * 1e3)


@contextmanager
def _standing(gunner: Gunner) -> Iterator[Stand]:
    with serving() as program, program.superuser() as main, program.superuser() as helper:
        meter = CpuMeter({"program": program.pid, "server": server_process(main)})
        yield Stand(gunner, program, [main, helper], meter, [])


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    sizes = (1, 10, 40) if options.quick else (1, 10, 100, 1_000, 10_000)
    requests = 40 if options.quick else 250
    rounds: defaultdict[tuple[str, int], list[Measured]] = defaultdict(list)
    with closing(Gunner()) as gunner, _standing(gunner) as stand, _standing(gunner) as few:
        main = stand.connections[0]
        machine = describe(main)
        began = time.monotonic()
        for size in sizes:
            stand.grow(size)
            for _ in range(options.rounds):
                for kind in P95_MS:
                    rounds[kind, size].append(stand.ask(kind, requests))
        few.grow(ASKED)
        ratios = _side_by_side(few, stand, 2 * options.rounds, requests)
        turns = _in_turn(stand, stand.members[ASKED:][: 5 * requests])
        seconds = time.monotonic() - began
        counts = main.execute("select count(*), (select count(*) from log.time_claim) from log.event").fetchone()
        assert counts is not None
        checks = chained_and_projected(stand.program, main, [stand.members[0], stand.members[-1]])
        free = {len(_free(one.program, member)) for one in (stand, few) for member in one.members[:ASKED]}
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


def _side_by_side(few: Stand, many: Stand, rounds: int, requests: int) -> dict[str, list[float]]:
    """Return, by question, how many times the processor time an answer takes among many practices; each round asks both."""
    ratios: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        for kind in P95_MS:
            order = (few, many) if number % 2 else (many, few)
            cpu = {id(stand): stand.ask(kind, requests).cpu_ms for stand in order}
            ratios[kind].append(cpu[id(many)] / cpu[id(few)])
    return ratios


def _in_turn(stand: Stand, members: Sequence[Member]) -> list[Table]:
    """Ask practices that nobody has asked yet, each once, and then each once more."""
    if not members:
        return []
    questions = [_question(ONE, member, 0) for member in members]
    rows = [
        (name, *(f"{value:.2f}" for value in astuple(stand.fire(questions))))
        for name in ("for the first time", "once more")
    ]
    caption = (
        f"One clinician's free times of {len(members):,} practices of three clinicians, each asked once and then once more: the first"
        " question reads what can be booked there, both look the key up."
    )
    return [Table(("asked", "p50 ms", "p95 ms", "p99 ms", "CPU ms"), rows, caption)]


def _question(kind: str, member: Member, number: int) -> bytes:
    return request_bytes("GET", _path(kind, member, number), member.key)


def _path(kind: str, member: Member, number: int) -> str:
    begins, ends = _window()
    clinician = {"clinician_id": member.clinicians[number % len(member.clinicians)]}
    asked: dict[str, object] = {"service_id": member.service_id}
    if kind == EXPLAIN:
        return f"/v1/slots/explain?{urlencode(asked | clinician | {'at': (begins + timedelta(hours=8)).isoformat()})}"
    asked |= {"from": begins.isoformat(), "to": ends.isoformat()}
    return f"/v1/slots?{urlencode(asked if kind == ANYONE else asked | clinician)}"


def _free(program: Program, member: Member) -> list[object]:
    found: list[object] = User(program.port, member.key).send("GET", _path(ANYONE, member, 0))["slots"]
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
        goals.append(Goal(what, f"≤ {MOST_CPU} times", ratio.text(), ratio.middle <= MOST_CPU))
    return goals


def _table(rounds: Rounds) -> Table:
    return Table(
        ("question", "practices", "p50 ms", "p95 ms", "p99 ms", "CPU ms"),
        [
            (kind, f"{size:,}", *(Spread.of(column).text() for column in zip(*map(astuple, measured), strict=True)))
            for (kind, size), measured in sorted(rounds.items())
        ],
    )
