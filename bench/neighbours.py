"""(n) Latency of other practices beside one at fifty times its load and one without limits."""

import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from bench.bookable_practice import BookablePractice, open_bookable_practice
from bench.figures import Spread, p95_ratio, percentile
from bench.http_client import LoadClient, LoadResult
from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.server_process import ServerProcess, running_server

TITLE: Final = "(n) A noisy neighbour"
OTHERS: Final = 200
PER_SECOND: Final = 0.1
"""Requests of each practice: three of four read a fortnight's free times, one books."""
TIMES: Final = 50
MANY_TIMES: Final = 500
STORM: Final = 50
"""Clients of one practice; each sends its next request when the last one is answered."""
ROUNDS: Final = 9
MAX_RATIO: Final = 1.2
CALM, NOISY = "calm", f"one at {TIMES} times its load"
NOISIER, STORMY = f"one at {MANY_TIMES} times its load", f"{STORM} clients of one practice"
LOADS: Final = {CALM: 1, NOISY: TIMES, NOISIER: MANY_TIMES}


@dataclass(frozen=True, slots=True)
class Practice:
    bookable: BookablePractice
    bookings: Iterator[bytes]

    def request(self, number: int) -> bytes:
        return next(self.bookings) if number % 4 == 3 else self.bookable.slots(number)


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    rounds_wanted, seconds, number_of_others = (options.rounds, 2.0, 20) if options.quick else (ROUNDS, 6.0, OTHERS)
    rate = PER_SECOND * number_of_others
    waits: dict[str, list[list[float]]] = defaultdict(list)
    loud: dict[str, list[float]] = defaultdict(list)
    refused = 0
    with closing(LoadClient()) as load_client, closing(LoadClient()) as second, running_server() as program:
        with program.superuser() as connection:
            machine = describe(connection)
        practices = [
            open_bookable_practice(program, f"Praxis {number}", patients=2) for number in range(number_of_others + 1)
        ]
        noisy, *others = [Practice(each, each.bookings(first_day=20)) for each in practices]
        for number in range(rounds_wanted + 1):
            for name in (CALM, NOISY, NOISIER, STORMY):
                requests = [random.choice(others).request(each) for each in range(int(rate * seconds))]
                heard = load_client.run_at(program.port, requests, _poisson_times(len(requests), seconds), clients=32)
                result = _measure_neighbours(second, program, noisy, name, seconds)
                calm = heard.result()
                if number > 0:  # the first round is a warm-up
                    assert {response.status for response in calm.responses} <= {200, 201}, (
                        "another practice was refused"
                    )
                    waits[name].append([response.seconds * 1e3 for response in calm.responses])
                    loud[name].append(len(result.responses) / seconds)
                    refused += len(result.with_status(503))
    slower = p95_ratio(waits[NOISY], waits[CALM])
    report = Report(
        name="neighbours",
        title=TITLE,
        how=(
            f"`scheduler serve`; {number_of_others} practices send {rate:.0f} requests a second together, at instants by chance, of which"
            " three of four ask for one clinician's free times in a fortnight and one books, while one more practice sends as much as each"
            f" of them, then {TIMES} and {MANY_TIMES} times as much, then as much as {STORM} clients can who wait for each answer:"
            f" {rounds_wanted} rounds of {seconds:.0f} s in turn. Waits are those of the {number_of_others}."
        ),
        checks=f"every request of the others was answered 200 or 201; {refused} of the busy practice were refused with 503",
        goals=[
            Goal(
                f"p95 of the others, {NOISY} / calm", f"≤ {MAX_RATIO} times", slower.text(), slower.middle <= MAX_RATIO
            ),
        ],
        tables=[_table(waits, loud)],
    )
    return {TITLE: report.text(machine)}


def _measure_neighbours(
    load_client: LoadClient, program: ServerProcess, practice: Practice, name: str, seconds: float
) -> LoadResult:
    if name == STORMY:
        script = [practice.bookable.slots(number) for number in range(int(400 * seconds))]
        return load_client.run(program.port, [script] * STORM, seconds)
    requests = [practice.request(number) for number in range(round(PER_SECOND * LOADS[name] * seconds))]
    return load_client.run_at(program.port, requests, _poisson_times(len(requests), seconds), clients=64).result()


def _poisson_times(number: int, seconds: float) -> list[float]:
    """Return independent random times.

    Two steady rates would collide always or never, depending on their first requests.
    """
    return sorted(random.uniform(0, seconds) for _ in range(number))


def _table(waits: dict[str, list[list[float]]], loud: dict[str, list[float]]) -> Table:
    return Table(
        ("the others while", "p50 ms", "p95 ms", "p99 ms", "the one's requests/s"),
        [
            (
                name,
                *(Spread.of([percentile(one, part) for one in rounds]).text() for part in (0.5, 0.95, 0.99)),
                Spread.of(loud[name]).text(),
            )
            for name, rounds in waits.items()
        ],
    )
