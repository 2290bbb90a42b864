"""The results of imports, as JSON and as text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.cli.output import err, out

if TYPE_CHECKING:
    from api.cli.file_imports import Source
    from application.importing.reader import OtherColumns
    from application.importing.report import ImportReport, MissingResource

MAX_LISTED: Final = 20
"""How many records are listed as text; --json lists all."""


def patients_json(done: "ImportReport", source: "Source", columns: "OtherColumns", report: Path) -> dict[str, object]:
    tally = done.tally
    return _common_json(done, source, columns) | {
        "registered": tally.made.total(),
        "already_there": tally.made_before + tally.already_there,
        "matched": tally.matched,
        "report": str(report),
    }


def visits_json(
    done: "ImportReport", source: "Source", columns: "OtherColumns", refusals: Path | None
) -> dict[str, object]:
    tally = done.tally
    return _common_json(done, source, columns) | {
        "booked": tally.made.total(),
        "results": dict(tally.made),
        "already_there": tally.made_before + tally.matched,
        "refusals": str(refusals) if refusals else None,
        "beside_others": sorted(tally.beside),
        "without_room": sorted(tally.roomless),
        "missing": [{"kind": one.kind, "name": one.name, "rows": one.rows, "id": one.id} for one in done.missing],
    }


def _common_json(done: "ImportReport", source: "Source", columns: "OtherColumns") -> dict[str, object]:
    return {
        "import_id": done.import_id,
        "practice_id": source.run.log.tenant_id,
        "dry_run": source.run.dry_run,
        "read_as": source.table.read_as,
        "rows": done.tally.rows,
        "refused": len(done.tally.refusals),
        "reasons": done.tally.reasons(),
        "columns_not_understood": dict(columns.not_understood),
        "columns_left_out": dict(columns.left_out),
    }


def print_patients(done: "ImportReport", source: "Source", columns: "OtherColumns", seconds: float) -> None:
    tally = done.tally
    _print_made(done, source, seconds, "registered")
    out.print(f"{tally.made_before + tally.already_there:>9,} were there already")
    out.print(f"{tally.matched:>9,} are patients already, or come twice in the file")
    _print_refused(done, source, columns)


def print_visits(done: "ImportReport", source: "Source", columns: "OtherColumns", seconds: float) -> None:
    tally = done.tally
    _print_made(done, source, seconds, "booked")
    print_counts(dict(tally.made.most_common()))
    out.print(f"{len(tally.beside):>9,} of them overlap others of the same clinician")
    if tally.roomless:
        out.print(f"{len(tally.roomless):>9,} of them without all the rooms that their service requires")
    out.print(f"{tally.made_before + tally.matched:>9,} were there already")
    if done.missing:
        state = "are missing" if source.run.dry_run else "were created"
        out.print(f"{len(done.missing):>9,} locations, clinicians and services {state}:")
        print_missing(done.missing)
    _print_refused(done, source, columns)


def _print_made(done: "ImportReport", source: "Source", seconds: float, verb: str) -> None:
    out.print(f"Read as {source.table.read_as}", markup=False)
    out.print(f"{done.tally.rows:>9,} rows in {seconds:.0f} s")
    out.print(f"{done.tally.made.total():>9,} {'would be ' if source.run.dry_run else ''}{verb}", style="bold")


def _print_refused(done: "ImportReport", source: "Source", columns: "OtherColumns") -> None:
    out.print(f"{len(done.tally.refusals):>9,} {'would be ' if source.run.dry_run else ''}refused")
    print_counts(done.tally.reasons())
    for counted, state in ((columns.not_understood, "not understood"), (columns.left_out, "left out")):
        for column, count in counted.items():
            out.print(f"{count:>9,} rows have a value in {column!r}, which is {state}", markup=False)
    if not source.run.dry_run:
        out.print(f"import {done.import_id}", markup=False)


def print_missing(missing: "Sequence[MissingResource]") -> None:
    for one in missing[:MAX_LISTED]:
        err.print(f"{one.rows:>9,} rows name the {one.kind} {one.name!r}", markup=False)
    if len(missing) > MAX_LISTED:
        err.print(f"          and {len(missing) - MAX_LISTED:,} more")


def print_counts(counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        out.print(f"{count:>18,} {name}")
