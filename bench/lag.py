"""(g) Delay from an append to its rows in the read models, at 200 events a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle, islice
from typing import Any, Final

from psycopg import Connection

from bench.bookable_practice import open_bookable_practice
from bench.cpu import CpuMeter, server_process
from bench.figures import Spread, percentile
from bench.http_client import LoadClient
from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.server_process import ServerProcess, running_server
from bench.store import check_log

TITLE: Final = "(g) Lag of the read models"
PER_SECOND: Final = 200
PRACTICES: Final = 20
P95_MS: Final = 10.0
P99_MS: Final = 50.0

# A projector moves its cursor in the transaction of its rows; the trigger fires at commit.
_WATCH: Final = """
create schema bench;
create unlogged table bench.moved (tenant_id uuid, projector text, position bigint, at timestamptz);
create index on bench.moved (tenant_id, projector, position);
create function bench.note() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into bench.moved values (new.tenant_id, new.projector, new.position, clock_timestamp());
    return null;
end $$;
create constraint trigger note after insert or update on projection.cursor
    deferrable initially deferred for each row execute function bench.note();
"""

_LAGS: Final = """
select p.projector, extract(epoch from m.at - e.recorded_at)::float8 * 1000
from log.event e
cross join (select distinct projector from projection.cursor) p
left join lateral (
    select at from bench.moved m
    where m.tenant_id = e.tenant_id and m.projector = p.projector and m.position >= e.position
    order by m.position limit 1
) m on true
where e.recorded_at >= %s
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    p50_ms: float
    p95_ms: float
    p99_ms: float
    by_projector: dict[str, float]
    answered_p95_ms: float
    program_us: float
    server_us: float


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    seconds = 3 if options.quick else 15
    rounds: list[Measurement] = []
    load_client = LoadClient()
    with running_server() as program, program.superuser() as connection:
        machine = describe(connection)
        free_times = [open_bookable_practice(program, f"Praxis {number}").bookings() for number in range(PRACTICES)]
        connection.execute(_WATCH)
        meter = CpuMeter({"program": program.pid, "server": server_process(connection)})
        for number in range(options.rounds + 1):
            requests = [next(free) for free in islice(cycle(free_times), seconds * PER_SECOND)]
            found = _round(load_client, program, connection, requests, meter)
            if number > 0:  # the first round is a warm-up
                rounds.append(found)
        events = connection.execute("select count(*) from log.event").fetchone()
        assert events is not None
        checks = check_log(connection, events[0])
    load_client.close()
    p95, p99 = Spread.of([one.p95_ms for one in rounds]), Spread.of([one.p99_ms for one in rounds])
    report = Report(
        name="lag",
        title=TITLE,
        how=(
            f"`scheduler serve`; {PER_SECOND} bookings a second over HTTP at a steady pace into {PRACTICES} practices,"
            f" {options.rounds} rounds of {seconds} s. The lag of an event lasts from the moment that the program stamps it, before"
            " the append, to the commit of the last read model's rows, as a trigger on the cursors notes it."
        ),
        checks=f"every event reached every read model; {checks}",
        goals=[
            Goal("append to rows of all read models, p95", f"< {P95_MS:.0f} ms", p95.text("ms"), p95.middle < P95_MS),
            Goal("append to rows of all read models, p99", f"< {P99_MS:.0f} ms", p99.text("ms"), p99.middle < P99_MS),
        ],
        tables=[_table(rounds)],
    )
    return {TITLE: report.text(machine)}


def _round(
    load_client: LoadClient,
    program: ServerProcess,
    connection: Connection[Any],
    requests: Sequence[bytes],
    meter: CpuMeter,
) -> Measurement:
    began = connection.execute("select clock_timestamp()").fetchone()
    assert began is not None
    meter.restart()
    result = load_client.run_at(
        program.port, requests, [number / PER_SECOND for number in range(len(requests))]
    ).result()
    used = meter.used()
    assert {response.status for response in result.responses} == {201}
    lags = _lags(connection, began[0], len(requests))
    waits = [max(of_one) for of_one in zip(*lags.values(), strict=True)]
    return Measurement(
        percentile(waits, 0.5),
        percentile(waits, 0.95),
        percentile(waits, 0.99),
        {projector: percentile(of_one, 0.95) for projector, of_one in lags.items()},
        percentile([response.seconds * 1e3 for response in result.responses], 0.95),
        used["program"] / len(requests) * 1e6,
        used["server"] / len(requests) * 1e6,
    )


def _lags(connection: Connection[Any], since: datetime, events: int) -> dict[str, list[float]]:
    """Wait for all events; return each event's delay in milliseconds by projector.

    Raises AssertionError: an event was not projected.
    """
    for _ in range(50):
        lags: dict[str, list[float | None]] = {}
        for projector, lag in connection.execute(_LAGS, (since,)).fetchall():
            lags.setdefault(projector, []).append(lag)
        whole = {name: [lag for lag in of_one if lag is not None] for name, of_one in lags.items()}
        if all(len(of_one) == events for of_one in whole.values()):
            return whole
        connection.execute("select pg_sleep(0.1)")
    raise AssertionError("some events never reached a read model")


def _table(rounds: Sequence[Measurement]) -> Table:
    fields = {
        "lag p50 ms": "p50_ms",
        "lag p95 ms": "p95_ms",
        "lag p99 ms": "p99_ms",
        "POST answered p95 ms": "answered_p95_ms",
        "CPU program µs/event": "program_us",
        "CPU server µs/event": "server_us",
    }
    rows = [(what, Spread.of([getattr(one, field) for one in rounds]).text()) for what, field in fields.items()]
    rows += [
        (f"{projector}: lag p95 ms", Spread.of([one.by_projector[projector] for one in rounds]).text())
        for projector in sorted(rounds[0].by_projector)
    ]
    return Table((f"at {PER_SECOND} events/s", "median (least … most)"), rows)
