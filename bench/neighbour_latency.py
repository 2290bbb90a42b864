"""The latency of a practice while others misuse the program, compared with that of ``calm``."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from bench.figures import Spread, p95_ratio, percentile
from bench.report import Goal, Table

MAX_RATIO: Final = 2.0

Waits: TypeAlias = Mapping[str, list[list[float]]]
"""The waits of each round, by what the others do."""


def latency_goal(name: str, waits: Waits, calm: str) -> Goal:
    """Return the goal that p95 is at most ``MAX_RATIO`` times that in calm."""
    ratio = p95_ratio(waits[name], waits[calm])
    return Goal(f"p95, {name} / calm", f"≤ {MAX_RATIO:.0f} times", ratio.text(), ratio.middle <= MAX_RATIO)


def latency_table(waits: Waits, answered: Mapping[str, Mapping[Any, int]], others: str) -> Table:
    """Return latencies, and the statuses of the answers to ``others``."""
    rows = []
    for name, rounds in waits.items():
        figures = [Spread.of([percentile(one, part) for one in rounds]).text() for part in (0.5, 0.95, 0.99)]
        answers = ", ".join(f"{status}: {number:,}" for status, number in sorted(answered[name].items()))
        rows.append((name, *figures, answers))
    return Table(("the practice while", "p50 ms", "p95 ms", "p99 ms", f"answers to {others}"), rows)
