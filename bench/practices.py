"""(h) Free times while other practices fill the database: of one clinician, of anyone of ten, and why a time is not free."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
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


@dataclass(frozen=True, slots=True)
class Measured:
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float


Rounds: TypeAlias = Mapping[tuple[str, int], list[Measured]]
"""By question and number of practices."""


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    sizes = (1, 10, 40) if options.quick else (1, 10, 100, 1_000, 10_000)
    requests = 40 if options.quick else 250
    rounds: defaultdict[tuple[str, int], list[Measured]] = defaultdict(list)
    with (
        closing(Gunner()) as gunner,
        serving() as program,
        program.superuser() as main,
        program.superuser() as helper,
    ):
        machine = describe(main)
        meter = CpuMeter({"program": program.pid, "server": server_process(main)})
        members: list[Member] = []
        began = time.monotonic()
        for size in sizes:
            members += _more(program, [main, helper], len(members), size)
            for _ in range(options.rounds):
                for kind in P95_MS:
                    questions = [_question(kind, member, number) for number, member in enumerate(members[:ASKED])]
                    rounds[kind, size].append(_fire(gunner, program, meter, questions, requests))
        turns = _in_turn(gunner, program, meter, members[ASKED:][: 5 * requests])
        seconds = time.monotonic() - began
        counts = main.execute("select count(*), (select count(*) from log.time_claim) from log.event").fetchone()
        assert counts is not None
        checks = chained_and_projected(program, main, [members[0], members[-1]])
        free = {len(_free(program, member)) for member in members[:ASKED]}
        assert len(free) == 1, "all practices were to have the same free times"
    report = Report(
        name="practices",
        title=TITLE,
        how=(
            f"`scheduler serve`; {sizes[0]} to {sizes[-1]:,} practices in one database, each opened by the product's code, with some 500"
            " visits that were written by SQL: events with their hash chain, claims, heads and read models. The first ten have ten"
            f" clinicians and rooms, of which each has {A_DAY} visits a day; they are asked in turn by one client, {options.rounds} rounds"
            f" of {requests} requests: `GET /v1/slots` over {DAYS} days for one clinician and for anyone, and `/v1/slots/explain` of a"
            f" time that is taken. CPU is that of program and server together. Building and measuring took {seconds:.0f} s."
        ),
        checks=f"{counts[0]:,} events and {counts[1]:,} claims; every answer 200, {free.pop()} free times each; {checks}",
        goals=_goals(rounds, sizes),
        tables=[_table(rounds), *turns],
    )
    return {TITLE: report.text(machine)}


def _more(program: Program, connections: Sequence[Connection[Any]], have: int, size: int) -> list[Member]:
    """Open practices until there are so many, and fill them."""
    clinicians = [10 if number < ASKED else 3 for number in range(have, size)]
    visits = [A_DAY * DAYS * 10 if number < ASKED else 501 for number in range(have, size)]
    members = open_members(program.world, clinicians)
    while program.world.view_status(only_behind=True):
        time.sleep(0.2)
    if members:
        fill(connections, members, visits, first=_window()[0] + timedelta(hours=8), a_day=A_DAY)
    return members


def _fire(
    gunner: Gunner, program: Program, meter: CpuMeter, questions: Sequence[bytes], requests: int, warm_up: int = 20
) -> Measured:
    script = [questions[number % len(questions)] for number in range(requests)]
    if warm_up:
        gunner.fire(program.port, [script[:warm_up]])
    meter.restart()
    volley = gunner.fire(program.port, [script])
    cpu = sum(meter.used().values())
    assert {shot.status for shot in volley.shots} == {200}
    waits = [shot.seconds * 1e3 for shot in volley.shots]
    p50, p95, p99 = (percentile(waits, part) for part in (0.5, 0.95, 0.99))
    return Measured(p50, p95, p99, cpu / requests * 1e3)


def _in_turn(gunner: Gunner, program: Program, meter: CpuMeter, members: Sequence[Member]) -> list[Table]:
    """Ask practices that nobody has asked yet, each once, and then each once more."""
    if not members:
        return []
    questions = [_question(ONE, member, 0) for member in members]
    rows = []
    for name in ("for the first time", "once more"):
        measured = _fire(gunner, program, meter, questions, len(questions), warm_up=0)
        rows.append((name, *(f"{value:.2f}" for value in astuple(measured))))
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


def _goals(rounds: Rounds, sizes: Sequence[int]) -> list[Goal]:
    goals = []
    for kind, most in P95_MS.items():
        slowest = max(
            (Spread.of([one.p95_ms for one in rounds[kind, size]]) for size in sizes), key=lambda p95: p95.middle
        )
        goals.append(
            Goal(f"{kind}, p95, at its slowest", f"< {most:.0f} ms", slowest.text("ms"), slowest.middle < most)
        )
    for kind in P95_MS:
        few, many = ([one.cpu_ms for one in rounds[kind, size]] for size in (10, sizes[-1]))
        base = Spread.of(few).middle
        ratio = Spread.of([cpu / base for cpu in many])
        goals.append(
            Goal(
                f"{kind}, CPU at {sizes[-1]:,} practices / at 10",
                f"≤ {MOST_CPU} times",
                ratio.text(),
                ratio.middle <= MOST_CPU,
            )
        )
    return goals


def _table(rounds: Rounds) -> Table:
    return Table(
        ("question", "practices", "p50 ms", "p95 ms", "p99 ms", "CPU ms"),
        [
            (kind, f"{size:,}", *(Spread.of(column).text() for column in zip(*map(astuple, measured), strict=True)))
            for (kind, size), measured in sorted(rounds.items())
        ],
    )
