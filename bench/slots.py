"""(e) Free times: the kernel alone, and GET /v1/slots as the log grows around it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from psycopg import Connection
from uuid_utils.compat import uuid7

from bench.bookable_practice import BookablePractice, open_bookable_practice
from bench.bulk_rows import load_visits
from bench.figures import Spread, percentile
from bench.http_client import AdminClient, LoadClient, request_bytes
from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.server_process import ServerProcess, running_server
from bench.slot_kernel import kernel

TITLE: Final = "(e) Free times"
Case: TypeAlias = tuple[str, str]
"""Number of appointments of the practice, and other practices in the same log."""
Target: TypeAlias = tuple[ServerProcess, BookablePractice]
P50_MS: Final = 5.0
P95_MS: Final = 15.0
AT_MOST_SLOWER: Final = 1.2
IN_WINDOW: Final = 100
"""Visits of each measured practice inside the queried fortnight."""


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    own = 2_000 if options.quick else 100_000
    foreign = 20_000 if options.quick else 1_000_000
    requests = 50 if options.quick else 400
    goals, table = kernel(options)
    load_client = LoadClient()
    with running_server() as roomy, running_server() as crowded, crowded.superuser() as connection:
        machine = describe(connection)
        cases: dict[Case, Target] = {}
        for program, around in ((roomy, "alone"), (crowded, f"{foreign:,} of others")):
            small, large = _prepare(program, own)
            cases[f"{IN_WINDOW} own", around] = program, small
            cases[f"{own:,} own", around] = program, large
        _load_others(crowded, connection, foreign)
        expected = {len(_ask(*target)) for target in cases.values()}
        assert len(expected) == 1, "all practices were to have the same free times"
        waits = _rounds(load_client, cases, options.rounds, requests)
        sizes = connection.execute("select count(*), (select count(*) from log.time_claim) from log.event").fetchone()
        assert sizes is not None
    load_client.close()
    reference = waits[f"{IN_WINDOW} own", "alone"]
    p50, p95 = (Spread.of([percentile(one, part) for one in reference]) for part in (0.5, 0.95))
    goals += [
        Goal("GET /v1/slots, 14 days, one client: p50", f"< {P50_MS:.0f} ms", p50.text("ms"), p50.middle < P50_MS),
        Goal("GET /v1/slots, 14 days, one client: p95", f"< {P95_MS:.0f} ms", p95.text("ms"), p95.middle < P95_MS),
    ]
    for (name, around), rounds in list(waits.items())[1:]:
        slower = _slower(rounds, reference)
        goals.append(
            Goal(
                f"slower with {name}, {around}",
                f"≤ {AT_MOST_SLOWER} times",
                slower.text(),
                slower.middle <= AT_MOST_SLOWER,
            )
        )
    report = Report(
        name="slots",
        title=TITLE,
        how=(
            "The kernel alone, in one process, hours with a break, two overrides and a change of clocks inside the window. Then"
            f" `GET /v1/slots` for one clinician and 14 days that hold {IN_WINDOW // 4} of the clinician's visits, a room needed, by one"
            f" client, {options.rounds} rounds of {requests} requests to each practice in turn, in two programs of which one holds the"
            " visits of others as well. Visits beyond those were put into the"
            " log's tables by SQL: the large practice's in its past, the others' in 200 practices."
        ),
        checks=(
            f"{sizes[0]:,} events and {sizes[1]:,} claims in the log; every answer 200; all practices have the same"
            f" {expected.pop()} free times"
        ),
        goals=goals,
        tables=[table, _table(waits)],
    )
    return {TITLE: report.text(machine)}


def _prepare(program: ServerProcess, own: int) -> tuple[BookablePractice, BookablePractice]:
    """Open a small and a large practice with the same visits inside the queried fortnight."""
    small, large = open_bookable_practice(program, "Kleine Praxis"), open_bookable_practice(program, "Große Praxis")
    with program.superuser() as connection:
        for practice in (small, large):
            _load(connection, practice, count=IN_WINDOW, first_day=2)
        _load(connection, large, count=own - IN_WINDOW, first_day=-(own // 80) - 1)
    return small, large


def _rounds(
    load_client: LoadClient, cases: dict[Case, Target], rounds: int, requests: int
) -> dict[Case, list[list[float]]]:
    """Return the latencies in milliseconds by case and round; the first round is a warm-up."""
    found: dict[Case, list[list[float]]] = defaultdict(list)
    for number in range(rounds + 1):
        for case, (program, practice) in cases.items():
            result = load_client.run(program.port, [[_request(practice)] * requests])
            assert {response.status for response in result.responses} == {200}
            if number > 0:
                found[case].append([response.seconds * 1e3 for response in result.responses])
    return found


def _ask(program: ServerProcess, practice: BookablePractice) -> list[object]:
    slots: list[object] = AdminClient(program.port, practice.key).send("GET", _path(practice))["slots"]
    return slots


def _request(practice: BookablePractice) -> bytes:
    return request_bytes("GET", _path(practice), practice.key)


def _path(practice: BookablePractice) -> str:
    begins = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    query = {
        "service_id": practice.service_id,
        "clinician_id": practice.clinicians[0],
        "from": begins.isoformat(),
        "to": (begins + timedelta(days=14)).isoformat(),
    }
    return f"/v1/slots?{urlencode(query)}"


def _load(connection: Connection[Any], practice: BookablePractice, *, count: int, first_day: int) -> None:
    load_visits(
        connection,
        [practice.practice_id],
        count=count,
        first_day=first_day,
        clinicians=practice.clinicians,
        rooms=practice.rooms,
        patient=practice.patients[0],
        service=practice.service_id,
        location=practice.location_id,
    )


def _load_others(program: ServerProcess, connection: Connection[Any], count: int) -> None:
    tenants = [uuid7() for _ in range(200)]
    for tenant_id in tenants:
        program.container.storage.store.open_log(tenant_id)
    ids = [str(uuid7()) for _ in range(7)]
    load_visits(
        connection,
        tenants,
        count=count // len(tenants),
        first_day=-30,
        clinicians=ids[:2],
        rooms=ids[2:4],
        patient=ids[4],
        service=ids[5],
        location=ids[6],
    )


def _slower(rounds: Sequence[Sequence[float]], reference: Sequence[Sequence[float]]) -> Spread:
    return Spread.of(
        [percentile(one, 0.5) / percentile(other, 0.5) for one, other in zip(rounds, reference, strict=True)]
    )


def _table(waits: dict[tuple[str, str], list[list[float]]]) -> Table:
    return Table(
        ("GET /v1/slots, appointments", "in the same log", "p50 ms", "p95 ms", "p99 ms"),
        [
            (name, around, *(Spread.of([percentile(one, part) for one in rounds]).text() for part in (0.5, 0.95, 0.99)))
            for (name, around), rounds in waits.items()
        ],
    )
