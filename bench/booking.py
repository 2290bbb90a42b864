"""(f) POST /v1/appointments: throughput, latency, and 32 clients that want the same slot."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Final

from bench.bookable_practice import BookablePractice, open_bookable_practice
from bench.cpu import CpuMeter, server_process
from bench.figures import Spread, percentile
from bench.http_client import LoadClient, TimedResponse
from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.server_process import ServerProcess, running_server
from bench.store import check_log

TITLE: Final = "(f) Booking over HTTP"
PRACTICES: Final = 8
CLIENTS: Final = (8, 32)
RIVALS: Final = 32
PER_SECOND: Final = 400
P95_MS: Final = 80.0
LOSERS_MS: Final = 100.0


@dataclass(frozen=True, slots=True)
class Measurement:
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    client_us: float
    program_us: float
    server_us: float


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    seconds = 1.0 if options.quick else 5.0
    contests = 3 if options.quick else 20
    rounds: dict[int, list[Measurement]] = defaultdict(list)
    slowest_losers: list[float] = []
    losers: list[float] = []
    load_client = LoadClient()
    with running_server() as program, program.superuser() as connection:
        machine = describe(connection)
        practices = [open_bookable_practice(program, f"Praxis {number}") for number in range(PRACTICES)]
        free_times = [practice.bookings() for practice in practices]
        meter = CpuMeter({"program": program.pid, "server": server_process(connection)})
        booked, checks = 0, ""
        for number in range(options.rounds + 1):
            for clients in CLIENTS:
                scripts = list(_scripts(free_times, clients, int(seconds * 2_000 / clients)))
                meter.restart()
                result = load_client.run(program.port, scripts, seconds)
                used = meter.used()
                _assert_status(201, result.responses)
                booked += len(result.responses)
                if number > 0:  # the first round is a warm-up
                    waits = [response.seconds * 1e3 for response in result.responses]
                    rounds[clients].append(
                        Measurement(
                            len(waits) / result.seconds,
                            *(percentile(waits, part) for part in (0.5, 0.95, 0.99)),
                            *(cpu / len(waits) * 1e6 for cpu in (result.cpu_seconds, used["program"], used["server"])),
                        )
                    )
            for contest in range(contests):
                waits = _race(load_client, program, practices[contest % PRACTICES], number * contests + contest)
                booked += 1
                if number > 0:
                    losers += waits
            if number > 0:
                slowest_losers.append(max(losers[-contests * (RIVALS - 1) :]))
            checks = _count(program, practices, booked)
    load_client.close()
    report = Report(
        name="booking",
        title=TITLE,
        how=(
            f"`scheduler serve` with all its projections; {PRACTICES} practices of 4 clinicians and 4 rooms, each visit needs a room;"
            f" {options.rounds} rounds of {seconds:.0f} s; every request has an `Idempotency-Key` and books another free time. The"
            f" client sends prepared bytes from a process of its own on the same cores. Then {contests} times a round {RIVALS} clients"
            " ask for one and the same slot at once."
        ),
        checks=checks,
        goals=_goals(rounds, losers, slowest_losers),
        tables=[_table(rounds)],
    )
    return {TITLE: report.text(machine)}


def _scripts(free_times: Sequence[Iterator[bytes]], clients: int, length: int) -> Iterator[list[bytes]]:
    for _, free in zip(range(clients), cycle(free_times)):
        script = list(islice(free, length))
        assert len(script) == length, "no free times are left"
        yield script


def _race(load_client: LoadClient, program: ServerProcess, practice: BookablePractice, number: int) -> list[float]:
    """Let the rivals book one slot; return the latency of each refused request in milliseconds."""
    # The first visits of a day begin at 8; the time before is free for races.
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    starts_at = midnight + timedelta(days=3 + number, hours=6, minutes=30)
    scripts = [
        [practice.booking(practice.clinicians[0], starts_at, patient)]
        for patient in islice(cycle(practice.patients), RIVALS)
    ]
    result = load_client.run(program.port, scripts)
    outcomes = Counter(response.status for response in result.responses)
    assert outcomes == {201: 1, 409: RIVALS - 1}, f"one slot was answered {dict(outcomes)}"
    return [response.seconds * 1e3 for response in result.with_status(409)]


def _assert_status(status: int, responses: Sequence[TimedResponse]) -> None:
    others = Counter(response.status for response in responses if response.status != status)
    assert not others, f"some were answered {dict(others)}"


def _count(program: ServerProcess, practices: Sequence[BookablePractice], booked: int) -> str:
    tenants = [practice.practice_id for practice in practices]
    with program.superuser() as connection:
        events = connection.execute(
            "select count(*) filter (where event_type = 'scheduling.appointment.booked'), count(*)"
            " from log.event where tenant_id = any (%s)",
            (tenants,),
        ).fetchone()
        assert events is not None
        assert events[0] == booked, f"{booked} were answered 201, {events[0]} are in the log"
        return f"{booked:,} answered 201 and found; {check_log(connection, events[1], tenants)}"


def _goals(rounds: dict[int, list[Measurement]], losers: Sequence[float], slowest: Sequence[float]) -> list[Goal]:
    goals = []
    for clients in CLIENTS:
        rate = Spread.of([one.per_second for one in rounds[clients]])
        goals.append(
            Goal(
                f"bookings/s, {clients} clients",
                f"≥ {PER_SECOND} (peers: 103 and 1)",
                rate.text(),
                rate.middle >= PER_SECOND,
            )
        )
    p95 = Spread.of([one.p95_ms for one in rounds[32]])
    goals.append(Goal("p95, 32 clients", f"< {P95_MS:.0f} ms", p95.text("ms"), p95.middle < P95_MS))
    last = Spread.of(slowest)
    goals.append(
        Goal(
            f"{RIVALS} clients, one slot: the slowest loser",
            f"< {LOSERS_MS:.0f} ms",
            f"{last.text('ms')}; p95 {percentile(losers, 0.95):.0f} ms",
            last.middle < LOSERS_MS,
        )
    )
    return goals


def _table(rounds: dict[int, list[Measurement]]) -> Table:
    columns = (
        "clients",
        "bookings/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "CPU client µs",
        "CPU program µs",
        "CPU server µs",
    )
    fields = ("per_second", "p50_ms", "p95_ms", "p99_ms", "client_us", "program_us", "server_us")
    return Table(
        columns,
        [
            (str(clients), *(Spread.of([getattr(one, field) for one in measured]).text() for field in fields))
            for clients, measured in rounds.items()
        ],
    )
