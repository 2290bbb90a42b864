"""`scheduler import appointments --format`: bring the appointments of another program in, at their own times."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from api.cli.output import aside, out, print_json, progress_bar
from api.cli.refused_rows import write_refused
from api.cli.session import opened, practice_of

if TYPE_CHECKING:
    from api.bootstrap.container import Container
    from application.importing.patients.columns import OtherColumns
    from application.importing.visits.format import VisitFormat
    from application.importing.visits.import_visits import ImportVisits, VisitImportReport
    from application.importing.visits.report import Named

_LISTED: Final = 20
"""How many are told of in words; --json tells of all."""


def bring(
    file: Path,
    how: str | Mapping[str, object],
    practice: UUID | None,
    refusals: Path,
    *,
    create_missing: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """``how`` to read the file: by the format of this name, or by these settings of one."""
    from api.cli.table_file import digest_of
    from application.importing.visits.errors import NotInPracticeError
    from application.importing.visits.import_visits import ImportVisits

    began = time.monotonic()
    used = _format(how)
    command = ImportVisits(used, digest_of(file), create_missing, dry_run)
    with opened() as container:
        practice_id = practice_of(container, practice)
        container.read_models.catch_up(practice_id)
        try:
            done, other_columns = _run(container, practice_id, file, command)
        except NotInPracticeError as refused:
            _tell_missing(refused.missing)
            raise
        container.read_models.catch_up(practice_id)
    target = write_refused(done.tally.refusals, refusals)
    if as_json:
        print_json(_as_json(done, practice_id, dry_run, other_columns, target))
    else:
        _tell(done, dry_run, other_columns, target, time.monotonic() - began)


def _run(
    container: "Container", practice_id: UUID, file: Path, command: "ImportVisits"
) -> "tuple[VisitImportReport, OtherColumns]":
    from api.bootstrap.importing import visits_importer
    from api.cli.table_file import delimiter_of, encoding_of, open_table
    from api.processes.garbage_collection import settle
    from application.importing.visits.reading import VisitRows
    from application.patients.phone import region_of
    from domain.practice.practice import Practice

    used = command.used
    settings = container.logs.of(practice_id).catalogue().one(Practice, practice_id)
    encoding = encoding_of(file, used.encodings)
    delimiter = delimiter_of(file, used.delimiters, encoding)
    with progress_bar() as progress:
        with open_table(file, delimiter, encoding) as table:
            region = region_of(settings.locale, settings.zone)
            reader = VisitRows(used, table.header, region=region, currency=settings.currency, now=container.clock.now())
            rows = list(reader.read(progress.track(table.rows, description="reading", total=None)))
        # The rows live until the end: without this each collection of garbage would walk through all of them.
        settle()
        task = progress.add_task("planning" if command.dry_run else "booking", total=len(rows))
        handler = visits_importer(container)
        done = handler(practice_id, command, rows, lambda count: progress.update(task, advance=count))
    return done, reader.other_columns


def _format(how: str | Mapping[str, object]) -> "VisitFormat":
    import tomllib

    from application.importing.visits.format import FORMATS, VisitFormat

    return VisitFormat.of(tomllib.loads(FORMATS.text(how)) if isinstance(how, str) else how)


def _as_json(
    done: "VisitImportReport", practice_id: UUID, dry_run: bool, columns: "OtherColumns", refusals: Path | None
) -> dict[str, object]:
    tally = done.tally
    return {
        "import_id": done.import_id,
        "practice_id": practice_id,
        "dry_run": dry_run,
        "rows": tally.rows,
        "booked": tally.booked.total(),
        "results": dict(tally.booked),
        "already_there": tally.booked_before + tally.matched,
        "refused": len(tally.refusals),
        "reasons": tally.refused_by_reason(),
        "refusals": str(refusals) if refusals else None,
        "beside_others": sorted(tally.beside),
        "without_room": sorted(tally.roomless),
        "missing": [{"kind": one.kind, "name": one.name, "rows": one.rows, "id": one.id} for one in done.missing],
        "columns_not_understood": dict(columns.not_understood),
        "columns_left_out": dict(columns.left_out),
    }


def _tell(
    done: "VisitImportReport", dry_run: bool, columns: "OtherColumns", refusals: Path | None, seconds: float
) -> None:
    tally = done.tally
    would = "would be " if dry_run else ""
    out.print(f"{tally.rows:>9,} rows in {seconds:.0f} s")
    out.print(f"{tally.booked.total():>9,} {would}booked", style="bold")
    for status, count in tally.booked.most_common():
        out.print(f"{count:>18,} {status}")
    out.print(f"{len(tally.beside):>9,} of them beside others of the same clinician")
    if tally.roomless:
        out.print(f"{len(tally.roomless):>9,} of them without all the rooms that their service requires")
    out.print(f"{tally.booked_before + tally.matched:>9,} were there already")
    out.print(f"{len(tally.refusals):>9,} {would}refused")
    for reason, count in tally.refused_by_reason().items():
        out.print(f"{count:>18,} {reason}")
    for columns_of, what in ((columns.not_understood, "not understood"), (columns.left_out, "left out")):
        for column, count in columns_of.items():
            out.print(f"{count:>9,} rows say something in {column!r}, which is {what}", markup=False)
    if done.missing:
        out.print(
            f"{len(done.missing):>9,} locations, clinicians and services {'are missing' if dry_run else 'were made'}:"
        )
        _tell_missing(done.missing)
    if refusals:
        aside.print(f"The refused rows are in {refusals}", markup=False)
    if not dry_run:
        out.print(f"import {done.import_id}", markup=False)


def _tell_missing(missing: "Sequence[Named]") -> None:
    for one in missing[:_LISTED]:
        aside.print(f"{one.rows:>9,} rows name the {one.kind} {one.name!r}", markup=False)
    if len(missing) > _LISTED:
        aside.print(f"          and {len(missing) - _LISTED:,} more")
