"""`scheduler import patients`: bring patients in from another program's file; and the formats that it knows."""

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.failures import UsageError
from api.cli.output import AsJson, aside, out, place_for, print_json, progress_bar
from api.cli.session import PracticeOption, opened, practice_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from application.importing.patients.columns import OtherColumns
    from application.importing.patients.format import PatientFormat
    from application.importing.patients.import_patients import PatientImportReport
    from application.importing.patients.report import Finding

commands = typer.Typer()


@commands.command(epilog="Example: scheduler import patients clients.csv --format jane --dry-run")
def patients(
    file: Annotated[Path, typer.Argument(help="A CSV file, plain or gzipped.", exists=True, dir_okay=False)],
    format_: Annotated[
        str | None, typer.Option("--format", help="Whose file it is: see `scheduler import formats`.")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            help="How to read it, instead of --format: a changed copy of a format.", exists=True, dir_okay=False
        ),
    ] = None,
    practice: PracticeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan everything, record nothing.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Where to write what is to be known of rows; beside the file if not said.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Register the patients of a file in a practice, and tell what became of each row that is not simply a new patient.

    A second run registers only who is not there yet; so does one after a kill. `scheduler import undo` takes them all out again.
    """
    from api.bootstrap.importing import patients_importer
    from api.cli.findings_file import findings_file
    from api.cli.table_file import delimiter_of, digest_of, encoding_of, open_table
    from application.importing.patients.import_patients import ImportPatients
    from application.importing.patients.reading import PatientRows
    from application.patients.phone import region_of
    from domain.practice.practice import Practice

    began = time.monotonic()
    used = _format(format_, mapping)
    target = place_for(report, file, "report")
    with opened() as container, progress_bar() as progress:
        practice_id = practice_of(container, practice)
        container.read_models.catch_up(practice_id)
        settings = container.logs.of(practice_id).catalogue().one(Practice, practice_id)
        command = ImportPatients(used.source, digest_of(file), dry_run)
        encoding = encoding_of(file, used.encodings)
        delimiter = delimiter_of(file, used.delimiters, encoding, used.header)
        task = progress.add_task("planning" if dry_run else "registering", total=None)
        with open_table(file, delimiter, encoding, used.header) as table, findings_file(target) as write:
            region = region_of(settings.locale, settings.zone)
            rows = PatientRows(used, table.header, region, container.clock.now())
            handler = patients_importer(container)

            def tell(findings: "Sequence[Finding]", count: int) -> None:
                write(findings)
                progress.update(task, advance=count)

            done = handler(practice_id, command, rows.read(table.rows), tell)
        container.read_models.catch_up(practice_id)
    said = _as_json(done, practice_id, dry_run, rows.other_columns, target)
    if as_json:
        print_json(said)
    else:
        _tell(done, dry_run, rows.other_columns, time.monotonic() - began)
        aside.print(f"What is to be known of rows is in {target}", markup=False)


class Imported(StrEnum):
    """What a file brings."""

    PATIENTS = "patients"
    APPOINTMENTS = "appointments"


@commands.command(epilog="Example: scheduler import formats jane > mine.toml")
def formats(
    name: Annotated[str | None, typer.Argument(help="Print this one, to be copied and changed.")] = None,
    of: Annotated[Imported, typer.Option(help="What the files bring.")] = Imported.PATIENTS,
    as_json: AsJson = False,
) -> None:
    """List the formats in which files of patients, or of appointments, can be read, or print one."""
    import tomllib

    from application.importing.patients.format import FORMATS as OF_PATIENTS
    from application.importing.visits.format import FORMATS as OF_VISITS

    formats = OF_VISITS if of is Imported.APPOINTMENTS else OF_PATIENTS
    if name is not None:
        typer.echo(formats.text(name), nl=False)
        return
    known = {each: str(tomllib.loads(formats.text(each))["about"]) for each in formats.names}
    if as_json:
        print_json(known)
        return
    for each, about in known.items():
        out.print(f"{each:<16} {about}", markup=False)


def _format(name: str | None, mapping: Path | None) -> "PatientFormat":
    import tomllib

    from application.importing.errors import MappingError
    from application.importing.patients.format import FORMATS, PatientFormat

    if (name is None) == (mapping is None):
        raise UsageError("say either --format or --mapping; `scheduler import formats` lists the formats")
    try:
        text = FORMATS.text(name) if mapping is None else mapping.read_text("utf-8")  # type: ignore[arg-type]  # one of them is
        return PatientFormat.of(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"the mapping is not TOML: {error}") from None


def _as_json(
    done: "PatientImportReport", practice_id: UUID, dry_run: bool, columns: "OtherColumns", report: Path
) -> dict[str, object]:
    tally = done.tally
    return {
        "import_id": done.import_id,
        "practice_id": practice_id,
        "dry_run": dry_run,
        "rows": tally.rows,
        "registered": tally.registered,
        "already_there": tally.registered_before + tally.already_there,
        "matched": tally.matched,
        "refused": tally.refused,
        "reasons": dict(tally.reasons.most_common()),
        "columns_not_understood": dict(columns.not_understood),
        "columns_left_out": dict(columns.left_out),
        "report": str(report),
    }


def _tell(done: "PatientImportReport", dry_run: bool, columns: "OtherColumns", seconds: float) -> None:
    tally = done.tally
    would = "would be " if dry_run else ""
    out.print(f"{tally.rows:>9,} rows in {seconds:.0f} s")
    out.print(f"{tally.registered:>9,} {would}registered", style="bold")
    out.print(f"{tally.registered_before + tally.already_there:>9,} were there already")
    out.print(f"{tally.matched:>9,} are patients already, or come twice in the file")
    out.print(f"{tally.refused:>9,} {would}refused")
    for reason, count in tally.reasons.most_common():
        out.print(f"{count:>18,} {reason}")
    for columns_of, what in ((columns.not_understood, "not understood"), (columns.left_out, "left out")):
        for column, count in columns_of.items():
            out.print(f"{count:>9,} rows say something in {column!r}, which is {what}", markup=False)
    if not dry_run:
        out.print(f"import {done.import_id}", markup=False)
