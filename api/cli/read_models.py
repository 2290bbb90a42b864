"""`scheduler status` and `scheduler rebuild`: the state of the read models, and their rebuild."""

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.failures import FOUND, UsageError
from api.cli.output import AsJson, out, print_json, print_result, progress_bar
from api.cli.session import opened

if TYPE_CHECKING:
    from projections.engine.cursors import ViewStatus

commands = typer.Typer()


@commands.command(epilog="Example: scheduler status --json")
def status(
    every: Annotated[bool, typer.Option("--all", help="List also practices whose read models are up to date.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how far the read models are behind the logs, and how many jobs there are.

    Exit code 1: a read model has stopped at an event that it cannot apply, a job is dead, a log was
    altered, or the key of a person is missing or was altered.
    """
    with opened() as container, container.storage.job_queue() as queue:
        found, jobs = container.read_models.status(), queue.counts()
        outdated = list(container.storage.server.outdated)
        damaged = container.storage.log_verifier.damaged()
        persons = container.storage.damaged_persons()
    if as_json:
        views = [_as_json(view) for view in found]
        print_json(
            {"views": views, "outdated": outdated, "jobs": jobs, "damaged_logs": damaged, "damaged_persons": persons}
        )
    else:
        _print(found, every)
        if any(jobs.values()):
            out.print("Jobs: " + ", ".join(f"{number:,} {state}" for state, number in jobs.items()))
        for name in outdated:
            out.print(f"The read model {name} has an old form; `scheduler project` rebuilds it when it starts.")
        for id_ in damaged:
            out.print(f"practice {id_}: the log was altered outside the program; `scheduler verify` says where")
        for one in persons:
            out.print(
                f"practice {one['practice_id']}: the personal data of {one['person_id']} cannot be read: {one['fault']}"
            )
    if damaged or persons or jobs["dead"] or any(view.error for view in found):
        raise typer.Exit(FOUND)


@commands.command(epilog="Example: scheduler rebuild calendar history")
def rebuild(
    views: Annotated[list[str] | None, typer.Argument(help="The read models; all if none is named.")] = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild read models from the logs beside the live ones, then swap them in.

    Other programs may run meanwhile. Exit code 1: a read model stopped at an event that it
    cannot apply.
    """
    with opened() as container, progress_bar() as progress:
        from api.bootstrap.read_models import VIEWS

        if unknown := sorted(set(views or ()) - set(VIEWS)):
            raise UsageError(f"there is no read model {', '.join(unknown)}; there are {', '.join(VIEWS)}")
        task = progress.add_task("rebuilding", total=None)
        events = 0

        def note(done: int, total: int) -> None:
            nonlocal events
            events = done
            progress.update(task, completed=done, total=total)

        incomplete = container.read_models.rebuild(views or VIEWS, note)
    failures = [
        {"practice_id": one.tenant_id, "view": one.projector, "error": one.error, "position": one.position}
        for one in incomplete
    ]
    print_result(
        as_json,
        {"views": views or VIEWS, "events": events, "incomplete": failures},
        f"Rebuilt {', '.join(views or VIEWS)} from {events:,} events.",
        *(
            f"practice {one.tenant_id}: {one.projector} stops before position {one.position} ({one.error})"
            for one in incomplete
        ),
    )
    if incomplete:
        raise typer.Exit(FOUND)


def _as_json(view: "ViewStatus") -> dict[str, object]:
    return {
        "practice_id": view.tenant_id,
        "view": view.projector,
        "head": view.head,
        "position": view.position,
        "lag": view.lag,
        "error": view.error,
        "failed_position": view.failed_position,
    }


def _print(found: list["ViewStatus"], every: bool) -> None:
    by_practice: defaultdict[UUID, list[ViewStatus]] = defaultdict(list)
    for view in found:
        by_practice[view.tenant_id].append(view)
    events = sum(views[0].head for views in by_practice.values())
    out.print(f"Practices: {len(by_practice):,}, events: {events:,}")
    # Read models with the same state share a line; usually all of them do.
    alike: defaultdict[tuple[UUID, str], list[str]] = defaultdict(list)
    for view in sorted(found, key=lambda view: view.error is None):
        if every or view.lag or view.error:
            alike[view.tenant_id, _state(view)].append(view.projector)
    for (practice_id, state), names in alike.items():
        out.print(f"practice {practice_id}: {', '.join(names)}: {state}", markup=False)
    if not any(view.lag or view.error for view in found):
        out.print("All read models are up to date.")


def _state(view: "ViewStatus") -> str:
    if not (view.lag or view.error):
        return "up to date"
    stopped = f", stopped at position {view.failed_position} ({view.error})" if view.error else ""
    return f"{view.lag:,} of {view.head:,} events behind{stopped}"
