"""Write results.md: one section for each measurement; a partial run keeps the other sections."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.limits import LIMITS


@dataclass(frozen=True, slots=True)
class Goal:
    """One target figure: ``reached`` and ``wanted`` as shown to the reader."""

    what: str
    wanted: str
    reached: str
    is_met: bool


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""

    def text(self) -> str:
        lines = [self.columns, ["---"] + ["---:"] * (len(self.columns) - 1), *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"{self.caption}\n\n{table}" if self.caption else table


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a measurement: ``how`` is its method, ``checks`` its verification."""

    name: str
    title: str
    how: str
    checks: str
    goals: Sequence[Goal] = ()
    tables: Sequence[Table] = field(default_factory=list)

    def text(self, machine: str) -> str:
        parts = [f"## {self.title}", self.how]
        if self.goals:
            rows = [
                (goal.what, goal.wanted, goal.reached, "met" if goal.is_met else "**missed**") for goal in self.goals
            ]
            parts.append(Table(("figure", "promised", "measured", ""), rows).text())
        parts += [table.text() for table in self.tables]
        parts.append(f"Counted: {self.checks}")
        parts.append(f"What limits it: {LIMITS[self.name]}")
        parts.append(f"*{datetime.now(UTC):%Y-%m-%d}; {machine}*")
        return "\n\n".join(parts)


def skipped(name: str, title: str, why: str) -> str:
    """Return the section of a measurement that was skipped."""
    return f"## {title}\n\nNot measured: {why}"


INTRODUCTION = """\
# Measurements

Written by `make bench`. Rounds of ours and of each peer alternate within one run; a figure is the median of the rounds with the
least and the greatest beside it. Durability is on. A round in which anything was lost, doubled or double-booked ends the run
without a result. CPU is user and system time together, of the program and of PostgreSQL's processes, for each operation.
"""


def write(path: Path, sections: dict[str, str]) -> None:
    """Write sections into the file, sorted by title."""
    kept = _sections(path.read_text("utf-8")) if path.exists() else {}
    merged = kept | sections
    text = "\n\n".join([INTRODUCTION.rstrip(), *(merged[title] for title in sorted(merged))]) + "\n"
    path.write_text(text, "utf-8")


def _sections(text: str) -> dict[str, str]:
    _, *bodies = text.split("\n## ")
    return {body.partition("\n")[0].strip(): f"## {body.strip()}" for body in bodies}
