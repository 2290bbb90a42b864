"""`scheduler import busy-time`, `list` and `undo`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.import_results import MAX_LISTED
from api.cli.output import AsJson, err, out, print_json, progress_bar, progress_task
from api.cli.session import PracticeOption, by_command_line, opened, practice_of, practice_with

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projections.importing.imports.queries import ImportRecord

_PAGE = 500
group = typer.Typer(help="Import data from files.", no_args_is_help=True)


@group.command("busy-time", epilog="Example: scheduler import busy-time private.ics --clinician 0199c0de-… --dry-run")
def busy_time(
    file: Annotated[Path, typer.Argument(help="A calendar (.ics) of at most 2 MiB.", exists=True, dir_okay=False)],
    clinician: Annotated[UUID, typer.Option(help="The id of the clinician who is busy then.")],
    calendar: Annotated[str, typer.Option(help="Distinguishes it from other calendars of the clinician.")] = "imported",
    practice: PracticeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report the changes, record nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import another calendar as a clinician's busy time, from now to two years ahead.

    Nothing is offered at busy times. The same file again changes nothing; events that are missing
    in a later file free their time. Booked visits stay.
    """
    from application.kernel.permissions import Actor
    from application.scheduling.calendars.import_busy_time import ImportBusyTime, PreviewBusyTime, with_counts
    from application.scheduling.calendars.ports import MAX_OCTETS

    with file.open("rb") as source:
        # One octet more than the limit, so that a larger file is refused without reading it all.
        octets = source.read(MAX_OCTETS + 1)
    with opened() as container:
        practice_id = practice_with(container, practice, clinician)
        actor, command = Actor.system(practice_id), ImportBusyTime(clinician, calendar, octets)
        if dry_run:
            outcome = container.bus.ask(actor, PreviewBusyTime(command))
        else:
            recorded = container.bus.execute(actor, command, by_command_line())
            outcome = with_counts(container.logs.of(practice_id), recorded, container.clock.now())
    counts = outcome.counts
    changes = {name: getattr(counts, name) for name in ("added", "moved", "removed", "unchanged")}
    if as_json:
        print_json(
            {"dry_run": dry_run, **changes, "left_out": counts.left_out, "visits_beneath": outcome.visits_beneath}
        )
        return
    for name, number in changes.items():
        out.print(f"{number:>9,} {'would be ' if dry_run and name != 'unchanged' else ''}{name}")
    for reason, number in sorted(counts.left_out.items()):
        out.print(f"{number:>9,} events left out: {reason}")
    if outcome.visits_beneath:
        err.print(f"{len(outcome.visits_beneath)} booked visits lie at a time that is busy now: nothing moves them.")


@group.command("list", epilog="Example: scheduler import list --json")
def list_(practice: PracticeOption = None, as_json: AsJson = False) -> None:
    """List the imports of a practice, the latest last. JSON: one list."""
    with opened() as container:
        practice_id = practice_of(container, practice)
        container.read_models.catch_up(practice_id)
        found: list[ImportRecord] = []
        after: UUID | None = None
        while True:
            page, after = container.imports.page(practice_id, after=after, limit=_PAGE)
            found += page
            if after is None:
                break
    found.sort(key=lambda one: (one.started_at, one.import_id))
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    for one in found:
        out.print(
            f"{one.import_id}  {one.started_at:%Y-%m-%d %H:%M}Z  {one.source}: {one.made_count:,} {one.kind} of {one.row_count:,} rows,"
            f" {one.matched_count:,} matched, {one.refused_count:,} refused  {one.status}",
            markup=False,
        )
    if not found:
        out.print("There are no imports; see `scheduler import --help`.")


@group.command(epilog="Example: scheduler import undo 0199c0de-7a1b-5c3d-8e5f-0123456789ab")
def undo(
    import_id: Annotated[UUID, typer.Argument(metavar="IMPORT", help="The import's id: see `scheduler import list`.")],
    practice: PracticeOption = None,
    what_can_be: Annotated[
        bool, typer.Option("--what-can-be", help="Keep what is in use or was changed, and take back the rest.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Withdraw everything that an import made.

    Patients leave all lists, visits release their time, and the history stays. Refused as a whole
    if a patient has visits, consents or merges, or if people changed a patient or a visit. The same
    file can be imported again afterwards. What --create-missing created stays.
    """
    from api.bootstrap.importing import import_undo
    from application.importing.errors import ImportInUseError
    from application.importing.undo import UndoImport
    from domain.importing.data_import import DataImport

    with opened() as container, progress_bar() as progress:
        practice_id = practice_with(container, practice, import_id)
        undone = container.logs.of(practice_id).load(DataImport, import_id)
        advance = progress_task(progress, "undoing", undone.made_count or None)
        command = UndoImport(import_id, what_can_be)
        try:
            done = import_undo(container)(practice_id, command, by_command_line(), advance)
        except ImportInUseError as refused:
            _print_kept(refused.kept, undone.kind)
            raise
        container.read_models.catch_up(practice_id)
    if as_json:
        print_json(
            {
                "import_id": import_id,
                "practice_id": practice_id,
                "withdrawn": done.withdrawn,
                "withdrawn_before": done.withdrawn_before,
                "kept": [{f"{_singular(undone.kind)}_id": id_, "reason": reason} for id_, reason in done.kept.items()],
            }
        )
        return
    if not done.withdrawn and not done.kept:
        out.print("Nothing of this import is left to undo.")
        return
    out.print(f"{done.withdrawn:>9,} {undone.kind} taken back", style="bold")
    out.print(f"{len(done.kept):>9,} kept")
    _print_kept(done.kept, undone.kind)


def _print_kept(kept: "Mapping[UUID, str]", kind: str) -> None:
    for id_, reason in list(kept.items())[:MAX_LISTED]:
        err.print(f"{reason:>9}  {_singular(kind)} {id_}", markup=False)
    if len(kept) > MAX_LISTED:
        err.print(f"          and {len(kept) - MAX_LISTED:,} more")


def _singular(kind: str) -> str:
    return kind.removesuffix("s")


def _as_json(one: "ImportRecord") -> dict[str, object]:
    fields = {name.removesuffix("_count"): value for name, value in asdict(one).items()}
    row_count = fields.pop("row")
    del fields["version"], fields["position"]
    return {"id": fields.pop("import_id"), "rows": row_count, **fields}
