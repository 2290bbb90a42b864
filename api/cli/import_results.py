"""The results of imports, as JSON and as text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from api.cli.output import err, out

if TYPE_CHECKING:
    from application.importing.columns import OtherColumns
    from application.importing.patients.import_patients import PatientImportReport
    from application.importing.visits.import_visits import VisitImportReport
    from application.importing.visits.report import MissingResource

MAX_LISTED: Final = 20
"""How many records are listed as text; --json lists all."""


def patients_json(
    done: "PatientImportReport", practice_id: UUID, dry_run: bool, columns: "OtherColumns", report: Path
) -> dict[str, object]:
    tally = done.tally
    return {
        "import_id": done.import_id,
        "practice_id": practice_id,
        "dry_run": dry_run,
        "rows": tally.rows,
        "registered": tally.made.total(),
        "already_there": tally.made_before + tally.already_there,
        "matched": tally.matched,
        "refused": len(tally.refusals),
        "reasons": tally.reasons(),
        "columns_not_understood": dict(columns.not_understood),
        "columns_left_out": dict(columns.left_out),
        "report": str(report),
    }


def visits_json(
    done: "VisitImportReport", practice_id: UUID, dry_run: bool, columns: "OtherColumns", refusals: Path | None
) -> dict[str, object]:
    tally = done.tally
    return {
        "import_id": done.import_id,
        "practice_id": practice_id,
        "dry_run": dry_run,
        "rows": tally.rows,
        "booked": tally.made.total(),
        "results": dict(tally.made),
        "already_there": tally.made_before + tally.matched,
        "refused": len(tally.refusals),
        "reasons": tally.reasons(),
        "refusals": str(refusals) if refusals else None,
        "beside_others": sorted(tally.beside),
        "without_room": sorted(tally.roomless),
        "missing": [{"kind": one.kind, "name": one.name, "rows": one.rows, "id": one.id} for one in done.missing],
        "columns_not_understood": dict(columns.not_understood),
        "columns_left_out": dict(columns.left_out),
    }


def print_patients(done: "PatientImportReport", dry_run: bool, columns: "OtherColumns", seconds: float) -> None:
    tally = done.tally
    would = "would be " if dry_run else ""
    out.print(f"{tally.rows:>9,} rows in {seconds:.0f} s")
    out.print(f"{tally.made.total():>9,} {would}registered", style="bold")
    out.print(f"{tally.made_before + tally.already_there:>9,} were there already")
    out.print(f"{tally.matched:>9,} are patients already, or come twice in the file")
    out.print(f"{len(tally.refusals):>9,} {would}refused")
    print_counts(tally.reasons())
    _print_other_columns(columns)
    if not dry_run:
        out.print(f"import {done.import_id}", markup=False)


def print_visits(
    done: "VisitImportReport", dry_run: bool, columns: "OtherColumns", refusals: Path | None, seconds: float
) -> None:
    tally = done.tally
    would = "would be " if dry_run else ""
    out.print(f"{tally.rows:>9,} rows in {seconds:.0f} s")
    out.print(f"{tally.made.total():>9,} {would}booked", style="bold")
    print_counts(dict(tally.made.most_common()))
    out.print(f"{len(tally.beside):>9,} of them beside others of the same clinician")
    if tally.roomless:
        out.print(f"{len(tally.roomless):>9,} of them without all the rooms that their service requires")
    out.print(f"{tally.made_before + tally.matched:>9,} were there already")
    out.print(f"{len(tally.refusals):>9,} {would}refused")
    print_counts(tally.reasons())
    _print_other_columns(columns)
    if done.missing:
        what = "are missing" if dry_run else "were created"
        out.print(f"{len(done.missing):>9,} locations, clinicians and services {what}:")
        print_missing(done.missing)
    if refusals:
        err.print(f"The refused rows are in {refusals}", markup=False)
    if not dry_run:
        out.print(f"import {done.import_id}", markup=False)


def print_missing(missing: "Sequence[MissingResource]") -> None:
    for one in missing[:MAX_LISTED]:
        err.print(f"{one.rows:>9,} rows name the {one.kind} {one.name!r}", markup=False)
    if len(missing) > MAX_LISTED:
        err.print(f"          and {len(missing) - MAX_LISTED:,} more")


def print_counts(counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        out.print(f"{count:>18,} {name}")


def _print_other_columns(columns: "OtherColumns") -> None:
    for counted, what in ((columns.not_understood, "not understood"), (columns.left_out, "left out")):
        for column, count in counted.items():
            out.print(f"{count:>9,} rows have a value in {column!r}, which is {what}", markup=False)
