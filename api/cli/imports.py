"""`scheduler import list` and `scheduler import undo`."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.import_results import MAX_LISTED
from api.cli.output import AsJson, err, out, print_json, progress_bar
from api.cli.session import PracticeOption, by_command_line, opened, practice_of, practice_with

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projections.importing.imports.queries import ImportRecord

commands = typer.Typer()
_PAGE = 500


@commands.command("list", epilog="Example: scheduler import list --json")
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


@commands.command(epilog="Example: scheduler import undo 0199c0de-7a1b-5c3d-8e5f-0123456789ab")
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
    from api.bootstrap.importing import undoer
    from application.importing.errors import ImportInUseError
    from application.importing.undo import UndoImport
    from domain.importing.data_import import DataImport

    with opened() as container, progress_bar() as progress:
        practice_id = practice_with(container, practice, import_id)
        undone = container.logs.of(practice_id).load(DataImport, import_id)
        task = progress.add_task("undoing", total=undone.made_count or None)
        handler = undoer(container, undone.kind)
        try:
            done = handler(
                practice_id,
                UndoImport(import_id, what_can_be),
                by_command_line(),
                lambda count: progress.update(task, advance=count),
            )
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
    return {
        "id": one.import_id,
        "kind": one.kind,
        "source": one.source,
        "status": one.status,
        "started_at": one.started_at,
        "started_by": one.started_by,
        "rows": one.row_count,
        "made": one.made_count,
        "matched": one.matched_count,
        "refused": one.refused_count,
        "withdrawn": one.withdrawn_count,
        "kept": one.kept_count,
        "undone_at": one.undone_at,
        "file_hash": one.file_hash,
    }
