"""(n) One practice at fifty times its load, and one that storms: what the others feel of it."""

import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from bench.bookable import Bookable, open_bookable
from bench.figures import Spread, percentile
from bench.http_client import Gunner, Volley, request_bytes
from bench.machine import describe
from bench.options import Options
from bench.program import Program, serving
from bench.report import Goal, Report, Table

TITLE: Final = "(n) A noisy neighbour"
OTHERS: Final = 200
PER_SECOND: Final = 0.1
"""Requests of each practice, a busy front desk's: three of four ask for a clinician's free times in a fortnight, one books."""
TIMES: Final = 50
MANY_TIMES: Final = 500
STORM: Final = 50
"""Clients of one practice, each of which asks again as soon as it was answered."""
ROUNDS: Final = 9
MOST: Final = 1.2
CALM, NOISY = "calm", f"one at {TIMES} times its load"
NOISIER, STORMY = f"one at {MANY_TIMES} times its load", f"{STORM} clients of one practice"
LOADS: Final = {CALM: 1, NOISY: TIMES, NOISIER: MANY_TIMES}


@dataclass(frozen=True, slots=True)
class Practice:
    bookable: Bookable
    bookings: Iterator[bytes]

    def request(self, number: int) -> bytes:
        return next(self.bookings) if number % 4 == 3 else _slots(self.bookable, number)


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    rounds_wanted, seconds, number_of_others = (options.rounds, 2.0, 20) if options.quick else (ROUNDS, 6.0, OTHERS)
    rate = PER_SECOND * number_of_others
    waits: dict[str, list[list[float]]] = defaultdict(list)
    loud: dict[str, list[float]] = defaultdict(list)
    refused = 0
    with closing(Gunner()) as gunner, closing(Gunner()) as second, serving() as program:
        with program.superuser() as connection:
            machine = describe(connection)
        practices = [open_bookable(program, f"Praxis {number}", patients=2) for number in range(number_of_others + 1)]
        noisy, *others = [Practice(each, each.bookings(first_day=20)) for each in practices]
        for number in range(rounds_wanted + 1):
            for name in (CALM, NOISY, NOISIER, STORMY):
                requests = [random.choice(others).request(each) for each in range(int(rate * seconds))]
                heard = gunner.fire_at(program.port, requests, _at_chance(len(requests), seconds), clients=32)
                volley = _noise(second, program, noisy, name, seconds)
                calm = heard.result()
                if number > 0:  # the first round only warms up
                    assert {shot.status for shot in calm.shots} <= {200, 201}, "another practice was refused"
                    waits[name].append([shot.seconds * 1e3 for shot in calm.shots])
                    loud[name].append(len(volley.shots) / seconds)
                    refused += len(volley.with_status(503))
    slower = Spread.of(
        [percentile(n, 0.95) / percentile(c, 0.95) for n, c in zip(waits[NOISY], waits[CALM], strict=True)]
    )
    report = Report(
        name="neighbours",
        title=TITLE,
        how=(
            f"`scheduler serve`; {number_of_others} practices send {rate:.0f} requests a second together, at instants by chance, of which"
            " three of four ask for one clinician's free times in a fortnight and one books, while one more practice sends as much as each"
            f" of them, then {TIMES} and {MANY_TIMES} times as much, then as much as {STORM} clients can who wait for each answer:"
            f" {rounds_wanted} rounds of {seconds:.0f} s in turn. Waits are those of the {number_of_others}."
        ),
        checks=f"every request of the others was answered 200 or 201; {refused} of the one that stormed were told to come back",
        goals=[
            Goal(f"p95 of the others, {NOISY} / calm", f"≤ {MOST} times", slower.text(), slower.middle <= MOST),
        ],
        tables=[_table(waits, loud)],
    )
    return {TITLE: report.text(machine)}


def _noise(gunner: Gunner, program: Program, practice: Practice, name: str, seconds: float) -> Volley:
    if name == STORMY:
        script = [_slots(practice.bookable, number) for number in range(int(400 * seconds))]
        return gunner.fire(program.port, [script] * STORM, seconds)
    requests = [practice.request(number) for number in range(round(PER_SECOND * LOADS[name] * seconds))]
    return gunner.fire_at(program.port, requests, _at_chance(len(requests), seconds), clients=64).result()


def _at_chance(number: int, seconds: float) -> list[float]:
    """Return so many instants as people choose them, who know nothing of each other.

    Two steady paces would meet always or never, as their first requests happened to.
    """
    return sorted(random.uniform(0, seconds) for _ in range(number))


def _slots(practice: Bookable, number: int) -> bytes:
    begins = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=20)
    asked = {
        "service_id": practice.service_id,
        "clinician_id": practice.clinicians[number % len(practice.clinicians)],
        "from": begins.isoformat(),
        "to": (begins + timedelta(days=14)).isoformat(),
    }
    return request_bytes("GET", f"/v1/slots?{urlencode(asked)}", practice.key)


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
