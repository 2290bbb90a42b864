"""(a) Appends of 1 and of 3 events by 1, 8 and 32 writers over 1,000 practices."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from bench.appenders import Appender, BareInsertAppender, EventStoreAppender, StockRecorderAppender
from bench.cpu import CpuMeter, server_process
from bench.figures import Spread, percentile
from bench.load import closed_loop
from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.store import fresh_store
from bench.workload import busy_practices

TITLE: Final = "(a) Append"
SIZES: Final = (1, 3)
WRITERS: Final = (1, 8, 32)
AT_LEAST: Final = {1: 1.5, 8: 2.5, 32: 3.0}
"""Times the stock recorder."""
AT_LEAST_OF_BARE: Final = 0.35
ROUNDS: Final = 15
"""Many short runs, because other load on a shared machine lasts for seconds."""


@dataclass(frozen=True, slots=True)
class Measurement:
    per_second: float
    p50_ms: float
    p99_ms: float
    client_us: float
    server_us: float


Case = tuple[str, int, int]


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    rounds_wanted, seconds = (options.rounds, 0.5) if options.quick else (ROUNDS, 0.7)
    practices = 50 if options.quick else 1_000
    rounds: dict[Case, list[Measurement]] = defaultdict(list)
    with fresh_store() as store, store.superuser() as connection:
        machine = describe(connection)
        busy = busy_practices(store.open_practices(practices), store.keys)
        # The peers write the bytes of a visit of an otherwise unused practice.
        lender = busy_practices(store.open_practices(1), store.keys)[0]
        bodies = lender.mapped(lender.visit(max(SIZES))[0])
        stock = StockRecorderAppender(store, bodies)
        appenders: list[Appender] = [EventStoreAppender(store, busy), stock, BareInsertAppender(store, bodies)]
        acknowledged: dict[str, int] = defaultdict(int)
        checks = {}
        meter = CpuMeter({"client": options.own_pid, "server": server_process(connection)})
        for number in range(rounds_wanted + 1):
            for events in SIZES:
                for writers in WRITERS:
                    # The order rotates, so that no appender always meets a cold or a busy disk.
                    for appender in appenders[number % 3 :] + appenders[: number % 3]:
                        with appender.writers(writers, events) as operations:
                            meter.restart()
                            run = closed_loop(operations, seconds)
                            used = meter.used()
                        acknowledged[appender.name] += run.operations * events
                        if number > 0:  # the first round is a warm-up
                            rounds[appender.name, events, writers].append(
                                Measurement(
                                    run.per_second,
                                    percentile(run.waits, 0.5) * 1e3,
                                    percentile(run.waits, 0.99) * 1e3,
                                    used["client"] / run.operations * 1e6,
                                    used["server"] / run.operations * 1e6,
                                )
                            )
            checks = {appender.name: appender.check(acknowledged[appender.name]) for appender in appenders}
        stock.close()
    report = Report(
        name="append",
        title=TITLE,
        how=(
            f"{practices:,} practices; threads of one client process in a closed loop, {rounds_wanted} rounds of {seconds} s each."
            " Ours maps, seals, digests, chains, takes two claims and keeps a command id with its fingerprint, under row-level"
            " security; the peers are given ready bytes of the same length. The stock recorder is `eventsourcing`'s"
            " `PostgresApplicationRecorder` as it comes; the bare INSERT is one prepared statement in autocommit with one row an"
            " event, a primary key, and nothing else."
        ),
        checks="; ".join(f"{name}: {text}" for name, text in checks.items()),
        goals=_goals(rounds),
        tables=[_table(rounds)],
    )
    return {TITLE: report.text(machine)}


def _ratio(rounds: dict[Case, list[Measurement]], peer: str, events: int, writers: int) -> Spread:
    pairs = zip(rounds["ours", events, writers], rounds[peer, events, writers], strict=True)
    return Spread.of([ours.per_second / theirs.per_second for ours, theirs in pairs])


def _goals(rounds: dict[Case, list[Measurement]]) -> list[Goal]:
    goals = []
    for events in SIZES:
        for writers in WRITERS:
            least = AT_LEAST[writers]
            ratio = _ratio(rounds, "stock recorder", events, writers)
            what = f"{events} event{'s' if events > 1 else ''}, {writers} writer{'s' if writers > 1 else ''}: ours / "
            aim = " (aim 5)" if writers == 32 else ""
            goals.append(Goal(what + "stock", f"≥ {least}{aim}", ratio.text(), ratio.middle >= least))
            ratio = _ratio(rounds, "bare INSERT", events, writers)
            goals.append(
                Goal(what + "bare", f"≥ {AT_LEAST_OF_BARE} (aim 0.6)", ratio.text(), ratio.middle >= AT_LEAST_OF_BARE)
            )
    return goals


def _table(rounds: dict[Case, list[Measurement]]) -> Table:
    columns = ("", "events", "writers", "appends/s", "p50 ms", "p99 ms", "CPU client µs", "CPU server µs")
    rows = []
    for (name, events, writers), measured in sorted(rounds.items(), key=lambda item: (item[0][1:], item[0][0])):
        spreads = [
            Spread.of([getattr(one, field) for one in measured]).text()
            for field in ("per_second", "p50_ms", "p99_ms", "client_us", "server_us")
        ]
        rows.append((name, str(events), str(writers), *spreads))
    return Table(columns, rows)
