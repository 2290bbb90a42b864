"""The results of imports as text."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from api.cli.output import out

if TYPE_CHECKING:
    from rich.console import Console

    from api.importing.imported_files import Source
    from api.importing.results import FileReader
    from application.importing.report import Finding, ImportReport, MissingResource

MAX_LISTED: Final = 20
"""How many records are listed as text; --json lists all."""


def print_patients(done: "ImportReport", source: "Source", reader: "FileReader", seconds: float) -> None:
    tally = done.tally
    _print_made(done, source, seconds, "registered")
    out.print(f"{tally.made_before + tally.already_there:>9,} were there already")
    out.print(f"{tally.matched:>9,} are patients already, or come twice in the file")
    _print_refused(done, source, reader)


def print_visits(done: "ImportReport", source: "Source", reader: "FileReader", seconds: float) -> None:
    tally = done.tally
    _print_made(done, source, seconds, "booked")
    print_counts(dict(tally.made.most_common()))
    out.print(f"{len(tally.beside):>9,} of them overlap others of the same clinician or patient")
    if tally.roomless:
        out.print(f"{len(tally.roomless):>9,} of them without all the rooms that their service requires")
    out.print(f"{tally.made_before + tally.matched:>9,} were there already")
    if done.missing:
        state = "are missing" if source.run.dry_run else "were created"
        out.print(f"{len(done.missing):>9,} locations, clinicians and services {state}:")
        print_missing(done.missing, out)
    _print_refused(done, source, reader)


def _print_made(done: "ImportReport", source: "Source", seconds: float, verb: str) -> None:
    out.print(f"Read as {source.table.read_as}", markup=False)
    out.print(f"{done.tally.rows:>9,} rows in {seconds:.0f} s")
    out.print(f"{done.tally.made.total():>9,} {'would be ' if source.run.dry_run else ''}{verb}", style="bold")


def _print_refused(done: "ImportReport", source: "Source", reader: "FileReader") -> None:
    print_findings(done.tally.findings, source.run.dry_run)
    other = reader.other_columns
    for counted, state in ((other.not_understood, "not understood"), (other.left_out, "left out")):
        for column, count in counted.items():
            out.print(f"{count:>9,} rows have a value in the column {column!r}, which is {state}", markup=False)
    if reader.missing_columns:
        out.print(f"The file lacks columns that the format names: {_listed(reader.missing_columns)}", markup=False)
    if not source.run.dry_run:
        out.print(f"import {done.import_id}", markup=False)


def print_findings(findings: "Iterable[Finding]", dry_run: bool) -> None:
    """Print why rows are left out, and remarks about others, each with the numbers of its rows."""
    from api.importing.explanations import explanation_of
    from application.importing.report import RowOutcome

    rows: defaultdict[tuple[bool, str], list[int]] = defaultdict(list)
    for one in findings:
        rows[one.outcome is RowOutcome.REFUSED, explanation_of(one)].append(one.line)
    left_out = sum(len(numbers) for (refused, _), numbers in rows.items() if refused)
    out.print(f"{left_out:>9,} {'would be ' if dry_run else ''}left out")
    state = "would be left out because" if dry_run else "left out because"
    for (refused, explanation), numbers in sorted(rows.items(), key=lambda each: (not each[0][0], -len(each[1]))):
        what = state if refused else "to look at:"
        where = _listed(sorted(set(numbers)))
        out.print(f"{len(numbers):>9,} {what} {explanation} (row {where})", markup=False)


def _listed(items: Sequence[object]) -> str:
    more = f" and {len(items) - MAX_LISTED:,} more" if len(items) > MAX_LISTED else ""
    return ", ".join(map(str, items[:MAX_LISTED])) + more


def print_missing(missing: "Sequence[MissingResource]", console: "Console") -> None:
    for one in missing[:MAX_LISTED]:
        console.print(f"{one.rows:>9,} rows name the {one.kind} {one.name!r}", markup=False)
    if len(missing) > MAX_LISTED:
        console.print(f"          and {len(missing) - MAX_LISTED:,} more")


def print_counts(counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        out.print(f"{count:>18,} {name}")
