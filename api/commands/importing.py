"""`scheduler import`: bring data in from files."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.output import AsJson, aside, out, print_json, progress_bar
from api.commands.session import opened

if TYPE_CHECKING:
    from rich.progress import Progress

    from application.importing.import_appointments import ImportReport
    from application.importing.mapping import ImportMapping
    from application.importing.rows import Refusal, RequestedVisit

group = typer.Typer(help="Bring data in from files.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class _File:
    digest: bytes
    rows: "list[RequestedVisit | Refusal]"


@group.callback()
def _group() -> None:
    """Keeps `import` a group although it has one command so far."""


@group.command(epilog="Example: scheduler import appointments visits.csv.gz --mapping examples/no-shows.toml --dry-run")
def appointments(
    file: Annotated[Path, typer.Argument(help="A CSV file in UTF-8, plain or gzipped.", exists=True, dir_okay=False)],
    mapping: Annotated[
        Path, typer.Option(help="How to read it: a TOML file like examples/no-shows.toml.", exists=True, dir_okay=False)
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan everything, record nothing.")] = False,
    refusals: Annotated[
        Path | None, typer.Option(help="Where to write the rows that were refused; beside the file if not said.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Book the appointments of a file through the rules of every booking, and record what came of them.

    A second run books only what is not there yet; so does one after a kill. Refused rows are written to a CSV file with their
    line and a reason, and are no failure.
    """
    from api.garbage import settle
    from application.importing.import_appointments import ImportAppointments, ImportAppointmentsHandler

    began = time.monotonic()
    settings = _read_mapping(mapping)
    with opened() as world, progress_bar() as progress:
        source = _read(file, settings, progress)
        # The rows live until the end: without this each collection of garbage would walk through all of them.
        settle()
        task = progress.add_task("planning" if dry_run else "booking", total=len(source.rows))
        handler = ImportAppointmentsHandler(world.import_ports())
        command = ImportAppointments(settings, source.digest, source.rows, dry_run)
        report = handler(command, lambda rows: progress.update(task, advance=rows))
    target = _write_refusals(report, refusals or _beside(file))
    if as_json:
        print_json(_as_json(report, dry_run, target))
    else:
        _tell(report, dry_run, target, len(source.rows), time.monotonic() - began)


def _read_mapping(path: Path) -> "ImportMapping":
    import tomllib

    from application.importing.errors import MappingError
    from application.importing.mapping import ImportMapping

    try:
        return ImportMapping.of(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path.name} is not TOML: {error}") from None


def _read(path: Path, mapping: "ImportMapping", progress: "Progress") -> _File:
    from api.table_file import digest_of, open_table
    from application.importing.rows import RowReader

    with open_table(path, mapping.delimiter) as table:
        reader = RowReader(mapping, table.header)
        rows = reader.read(progress.track(table.rows, description="reading", total=None))
        return _File(digest_of(path), list(rows))


def _beside(file: Path) -> Path:
    """Return where refusals go if nobody said: beside the file, or here if its folder is not meant to be written to."""
    name = f"{file.name.removesuffix('.gz').removesuffix('.csv')}.refusals.csv"
    folder = file.resolve().parent
    return folder / name if folder.stat().st_mode & 0o222 else Path(name)


def _write_refusals(report: "ImportReport", path: Path) -> Path | None:
    """Write them, also over those of an earlier run; with none now and none before there is no file."""
    from api.refusals_file import write_refusals

    if not report.done.refusals and not path.exists():
        return None
    write_refusals(path, report.done.refusals)
    return path


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
