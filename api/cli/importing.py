"""`scheduler import`: bring data in from files."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.failures import UsageError
from api.cli.output import AsJson, aside, out, place_for, print_json, progress_bar
from api.cli.refused_rows import write_refused
from api.cli.session import PracticeOption, by_command_line, opened, practice_with

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.progress import Progress

    from application.importing.import_appointments import ImportReport
    from application.importing.mapping import ImportMapping
    from application.importing.rows import Refusal, RequestedVisit

group = typer.Typer(help="Bring data in from files.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class _File:
    digest: bytes
    rows: "list[RequestedVisit | Refusal]"


@group.command(epilog="Example: scheduler import appointments visits.csv --format jane --dry-run")
def appointments(
    file: Annotated[Path, typer.Argument(help="A CSV file, plain or gzipped.", exists=True, dir_okay=False)],
    format_: Annotated[
        str | None,
        typer.Option("--format", help="Whose file it is: see `scheduler import formats --of appointments`."),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            help="How to read it, instead of --format: a changed copy of a format, or a TOML file like examples/no-shows.toml.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    practice: PracticeOption = None,
    create_missing: Annotated[
        bool,
        typer.Option("--create-missing", help="Make the locations, clinicians and services that are not there yet."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan everything, record nothing.")] = False,
    refusals: Annotated[
        Path | None, typer.Option(help="Where to write the rows that were refused; beside the file if not said.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Book the appointments of a file, and record what came of them.

    By a format they come into a practice that is there, with its patients, at their own times. By a mapping that makes practices of its own
    they get free times, through the rules of every booking.

    A second run books only what is not there yet; so does one after a kill. Refused rows are written to a CSV file with their
    line and a reason, and are no failure. `scheduler import undo` takes what came by a format out again.
    """
    from api.cli.visit_imports import bring

    if (format_ is None) == (mapping is None):
        raise UsageError(
            "say either --format or --mapping; `scheduler import formats --of appointments` lists the formats"
        )
    settings = None if mapping is None else _settings(mapping)
    target = place_for(refusals, file, "refusals")
    if settings is None or "columns" not in settings:
        bring(
            file,
            format_ or settings or {},
            practice,
            target,
            create_missing=create_missing,
            dry_run=dry_run,
            as_json=as_json,
        )
        return
    if practice or create_missing:
        raise UsageError("this mapping makes practices of its own, with all that they need")
    _into_own_practices(file, settings, target, dry_run=dry_run, as_json=as_json)


def _into_own_practices(
    file: Path, settings: "Mapping[str, object]", refusals: Path, *, dry_run: bool, as_json: bool
) -> None:
    from api.bootstrap.importing import appointments_importer
    from api.processes.garbage_collection import settle
    from application.importing.import_appointments import ImportAppointments
    from application.importing.mapping import ImportMapping

    began = time.monotonic()
    mapping = ImportMapping.of(settings)
    with opened() as container, progress_bar() as progress:
        source = _read(file, mapping, progress)
        # The rows live until the end: without this each collection of garbage would walk through all of them.
        settle()
        task = progress.add_task("planning" if dry_run else "booking", total=len(source.rows))
        handler = appointments_importer(container)
        command = ImportAppointments(mapping, source.digest, source.rows, dry_run)
        report = handler(command, lambda rows: progress.update(task, advance=rows))
    target = write_refused(report.done.refusals, refusals)
    if as_json:
        print_json(_as_json(report, dry_run, target))
    else:
        _tell(report, dry_run, target, len(source.rows), time.monotonic() - began)


@group.command("busy-time", epilog="Example: scheduler import busy-time private.ics --clinician 0199c0de-… --dry-run")
def busy_time(
    file: Annotated[Path, typer.Argument(help="A calendar (.ics) of at most 2 MiB.", exists=True, dir_okay=False)],
    clinician: Annotated[UUID, typer.Option(help="The id of the clinician who is busy then.")],
    calendar: Annotated[str, typer.Option(help="Tells it from the clinician's other calendars.")] = "imported",
    practice: PracticeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import another calendar as a clinician's busy time, from now to two years ahead: nothing is offered there any more.

    The same file again changes nothing; what it does not say any more is not busy any more. Visits that are booked stay.
    """
    from application.kernel.permissions import Actor
    from application.scheduling.calendars.icalendar.reading import MOST_OCTETS
    from application.scheduling.calendars.import_busy_time import ImportBusyTime, PreviewBusyTime, with_counts

    with file.open("rb") as source:
        # One more than may be, so that what is too large is refused without being read.
        octets = source.read(MOST_OCTETS + 1)
    with opened() as container:
        practice_id = practice_with(container, practice, clinician)
        actor, command = Actor.system(practice_id), ImportBusyTime(clinician, calendar, octets)
        if dry_run:
            outcome = container.bus.ask(actor, PreviewBusyTime(command))
        else:
            recorded = container.bus.execute(actor, command, by_command_line())
            outcome = with_counts(container.logs.of(practice_id), recorded, container.clock.now())
    counts = outcome.counts
    said = {
        "added": counts.added,
        "moved": counts.moved,
        "removed": counts.removed,
        "unchanged": counts.unchanged,
    }
    if as_json:
        print_json({"dry_run": dry_run, **said, "left_out": counts.left_out, "visits_beneath": outcome.visits_beneath})
        return
    for name, number in said.items():
        out.print(f"{number:>9,} {'would be ' if dry_run and name != 'unchanged' else ''}{name}")
    for reason, number in sorted(counts.left_out.items()):
        out.print(f"{number:>9,} events left out: {reason}")
    if outcome.visits_beneath:
        aside.print(f"{len(outcome.visits_beneath)} booked visits lie at a time that is busy now: nothing moves them.")


def _settings(path: Path) -> dict[str, object]:
    import tomllib

    from application.importing.errors import MappingError

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path.name} is not TOML: {error}") from None


def _read(path: Path, mapping: "ImportMapping", progress: "Progress") -> _File:
    from api.cli.table_file import digest_of, open_table
    from application.importing.rows import RowReader

    with open_table(path, mapping.delimiter) as table:
        reader = RowReader(mapping, table.header)
        rows = reader.read(progress.track(table.rows, description="reading", total=None))
        return _File(digest_of(path), list(rows))


def _as_json(report: "ImportReport", dry_run: bool, refusals: Path | None) -> dict[str, object]:
    done = report.done
    return {
        "dry_run": dry_run,
        "booked": done.booked.total(),
        "results": dict(done.booked),
        "already_there": done.already_there,
        "refused": len(done.refusals),
        "reasons": done.refused_by_reason(),
        "refusals": str(refusals) if refusals else None,
        "practices": report.practices,
    }


def _tell(report: "ImportReport", dry_run: bool, refusals: Path | None, rows: int, seconds: float) -> None:
    done = report.done
    would = "would be " if dry_run else ""
    out.print(f"{rows:>9,} rows for {len(report.practices):,} practices in {seconds:.0f} s")
    out.print(f"{done.booked.total():>9,} {would}booked", style="bold")
    for result, count in done.booked.most_common():
        out.print(f"{count:>18,} {result}")
    out.print(f"{done.already_there:>9,} were there already")
    out.print(f"{len(done.refusals):>9,} {would}refused")
    for reason, count in done.refused_by_reason().items():
        out.print(f"{count:>18,} {reason}")
    if refusals:
        aside.print(f"The refused rows are in {refusals}")
