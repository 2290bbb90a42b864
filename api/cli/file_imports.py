"""`scheduler import patients`, `appointments` and `formats`: import another program's file."""

import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeAlias
from uuid import UUID

import typer

from api.cli import import_results as results
from api.cli.failures import UsageError
from api.cli.output import AsJson, err, out, print_json, progress_bar, progress_task
from api.cli.report_file import ReportOption, report_path, write_findings, write_refusals
from api.cli.session import PracticeOption, opened, practice_of
from domain.importing.data_import import ImportKind

if TYPE_CHECKING:
    from rich.progress import Progress

    from api.importing.imported_files import ImportedFile, Source
    from application.importing.formats import Format

FileArgument: TypeAlias = Annotated[
    Path, typer.Argument(help="A CSV file, plain or gzipped, or a workbook (.xlsx).", exists=True, dir_okay=False)
]
FormatOption: TypeAlias = Annotated[
    str | None, typer.Option("--format", help="The format of the file: see `scheduler import formats`.")
]
MappingOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        help="A TOML file to use instead of --format: a changed copy of a format, or a mapping that names a loader.",
        exists=True,
        dir_okay=False,
    ),
]
EncodingOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="The encoding of a CSV file, such as utf-8 or cp1255; by default found by its content."),
]
SheetOption: TypeAlias = Annotated[
    str | None, typer.Option(help="The sheet of a workbook; by default the only visible one that has rows.")
]
DryRunOption: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Plan everything, record nothing.")]

commands = typer.Typer()


class Loader(Protocol):
    """Imports one file by the settings of a mapping, and prints the result."""

    def __call__(
        self, settings: Mapping[str, object], file: Path, report: Path, *, dry_run: bool, as_json: bool
    ) -> None: ...


@commands.command(epilog="Example: scheduler import patients clients.csv --format jane --dry-run")
def patients(
    file: FileArgument,
    format_: FormatOption = None,
    mapping: MappingOption = None,
    practice: PracticeOption = None,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    dry_run: DryRunOption = False,
    report: ReportOption = None,
    as_json: AsJson = False,
) -> None:
    """Register the patients of a file in a practice, and report matches, refusals and remarks.

    A repeated run, or one after a kill, registers only who is missing. `scheduler import undo`
    withdraws all of them.
    """
    from api.importing.imported_files import ImportedFile
    from api.importing.results import patients_result
    from application.importing.patients.format import PatientFormat
    from application.importing.patients.import_patients import import_patients

    began = time.monotonic()
    used = PatientFormat.of(_settings(ImportKind.PATIENTS, format_, mapping))
    target = report_path(report, file, "report")
    imported = ImportedFile(file, encoding, sheet)
    with _source(ImportKind.PATIENTS, imported, used, practice, dry_run) as (source, progress):
        reader = source.patient_reader(used)
        advance = progress_task(progress, "planning" if dry_run else "registering")
        done = import_patients(source.run, reader.read(source.table.rows), advance)
    write_findings(done.tally.findings, target)
    if as_json:
        print_json(patients_result(done, source, reader) | {"report": str(target)})
    else:
        results.print_patients(done, source, reader, time.monotonic() - began)
        out.print(f"The report is in {target}", markup=False)


@commands.command(epilog="Example: scheduler import appointments visits.csv --format jane --dry-run")
def appointments(
    file: FileArgument,
    format_: FormatOption = None,
    mapping: MappingOption = None,
    practice: PracticeOption = None,
    create_missing: Annotated[
        bool, typer.Option("--create-missing", help="Create the locations, clinicians and services that are missing.")
    ] = False,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    dry_run: DryRunOption = False,
    report: ReportOption = None,
    as_json: AsJson = False,
) -> None:
    """Book the appointments of a file at their own times in a practice, and record their outcomes.

    A repeated run, or one after a kill, books only what is missing. A dry run ends as the run
    would. Rows that are left out are written to a CSV file with their reasons, and are no failure.
    `scheduler import undo` withdraws the visits.

    A mapping that names a loader is read by that program, from the folder of the mapping: see
    examples/no-shows.toml.
    """
    from api.importing.imported_files import ImportedFile
    from api.importing.results import visits_result
    from api.processes.interpreter import settle
    from application.importing.errors import NotInPracticeError
    from application.importing.visits.format import VisitFormat
    from application.importing.visits.import_visits import import_visits

    began = time.monotonic()
    settings = _settings(ImportKind.APPOINTMENTS, format_, mapping)
    target = report_path(report, file, "refusals")
    if mapping is not None and "loader" in settings:
        if practice or create_missing:
            raise UsageError("this mapping creates practices of its own, with all that they need")
        if encoding or sheet:
            raise UsageError("this mapping reads CSV in UTF-8 only")
        load_program(mapping, settings["loader"])(settings, file, target, dry_run=dry_run, as_json=as_json)
        return
    used = VisitFormat.of(settings)
    imported = ImportedFile(file, encoding, sheet)
    with _source(ImportKind.APPOINTMENTS, imported, used, practice, dry_run) as (source, progress):
        reader = source.visit_reader(used)
        rows = list(reader.read(progress.track(source.table.rows, description="reading", total=None)))
        # The rows live until the end; without this each garbage collection would traverse them.
        settle()
        advance = progress_task(progress, "planning" if dry_run else "booking", len(rows))
        try:
            done = import_visits(source.run, used, rows, advance, create_missing=create_missing)
        except NotInPracticeError as refused:
            results.print_missing(refused.missing, err)
            raise
    written = write_refusals(done.tally.refusals, target)
    if as_json:
        print_json(visits_result(done, source, reader) | {"refusals": str(written) if written else None})
    else:
        results.print_visits(done, source, reader, time.monotonic() - began)
        if written:
            out.print(f"The rows that were left out are in {written}", markup=False)


@commands.command(epilog="Example: scheduler import formats jane > mine.toml")
def formats(
    name: Annotated[str | None, typer.Argument(help="Print this one, to be copied and changed.")] = None,
    of: Annotated[ImportKind, typer.Option(help="What the files contain.")] = ImportKind.PATIENTS,
    as_json: AsJson = False,
) -> None:
    """List the formats of files of patients or of appointments, or print one."""
    from api.importing.imported_files import formats_of, settings_in

    known = formats_of(of)
    if name is not None:
        typer.echo(known.text(name), nl=False)
        return
    about = {each: str(settings_in(known.text(each))["about"]) for each in known.names}
    if as_json:
        print_json(about)
        return
    for each, text in about.items():
        out.print(f"{each:<16} {text}", markup=False)


@contextmanager
def _source(
    kind: ImportKind, file: "ImportedFile", used: "Format", practice: UUID | None, dry_run: bool
) -> "Iterator[tuple[Source, Progress]]":
    """Open the file; the read models are up to date when the block begins and when it has ended."""
    from api.importing.imported_files import open_source

    with opened() as container, progress_bar() as progress:
        practice_id = practice_of(container, practice)
        container.read_models.catch_up(practice_id)
        with open_source(container, practice_id, kind, file, used, dry_run=dry_run) as source:
            yield source, progress
        container.read_models.catch_up(practice_id)


def _settings(of: ImportKind, name: str | None, mapping: Path | None) -> Mapping[str, object]:
    """Return the settings of a format or of a mapping. Raises UsageError, MappingError."""
    from api.importing.imported_files import formats_of, settings_in
    from application.importing.errors import MappingError

    if (name is None) == (mapping is None):
        raise UsageError(f"use either --format or --mapping; `scheduler import formats --of {of}` lists the formats")
    try:
        return settings_in(mapping.read_text("utf-8") if mapping is not None else formats_of(of).text(name or ""))
    except UnicodeDecodeError as error:
        raise MappingError(f"the mapping is not TOML: {error}") from None


def load_program(mapping: Path, name: object) -> Loader:
    """Return the function ``load`` of ``<name>/loader.py`` in the folder of the mapping.

    This executes code from the mapping's folder, so call it only for a mapping that the operator
    named. Raises MappingError: there is no such package.
    """
    from application.importing.errors import MappingError

    if not isinstance(name, str) or not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise MappingError("loader is the name of a Python package beside the mapping")
    # By path, and under its own name, so that sys.path stays as it is.
    start = mapping.parent / name / "__init__.py"
    spec = spec_from_file_location(name, start) if name not in sys.modules and start.is_file() else None
    if spec is None or spec.loader is None:
        raise MappingError(f"there is no loader {name!r} beside {mapping.name}")
    package = module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    load: Loader = import_module(f"{name}.loader").load
    return load
