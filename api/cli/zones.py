"""`scheduler zones`: local times after a new release of the time zone database."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.output import AsJson, err, out, print_json, progress_bar
from api.cli.session import PracticeOption, opened, practice_of

if TYPE_CHECKING:
    from uuid import UUID

    from rich.progress import Progress, TaskID

    from application.scheduling.zone_changes.adopt_zone_rules import KeptVisit, ZoneRulesAdoption

commands = typer.Typer()
_LISTED = 20
"""The most moves listed for each practice; --json lists all."""


@commands.command(epilog="Example: scheduler zones --dry-run")
def zones(
    practice: PracticeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show which visits would move; record nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep the local times of coming visits when a country has changed its clocks.

    `scheduler serve` does this when it starts with a new release. Without --practice: in all
    practices. Running it again changes nothing. JSON: a list with one member per affected practice.
    """
    with opened() as container, progress_bar() as progress:
        seen, handler = container.scheduling.zone_sightings.read(), container.scheduling.adopt_zone_rules
        chosen = container.storage.practices() if practice is None else [practice_of(container, practice)]
        task = progress.add_task("practices", total=len(chosen))
        found: dict[UUID, ZoneRulesAdoption] = {}
        for tenant_id in chosen:
            visits = progress.add_task("visits", total=None, visible=False)
            done = handler(tenant_id, seen, dry_run=dry_run, report=_reporter(progress, visits))
            progress.remove_task(visits)
            progress.advance(task)
            if done.kept or done.begun:
                found[tenant_id] = done
                if not dry_run:
                    container.read_models.catch_up(tenant_id)
    if as_json:
        print_json([_as_json(tenant_id, done) for tenant_id, done in found.items()])
        return
    for tenant_id, done in found.items():
        _print(tenant_id, done, "would move" if dry_run else "moved")
    if not found:
        out.print(f"Every visit to come lies where it was meant to, by release {seen.newest.release}.")


def _reporter(progress: "Progress", bar: "TaskID") -> Callable[[int, int], None]:
    return lambda done, total: progress.update(bar, completed=done, total=total, visible=True)


def _print(tenant_id: "UUID", done: "ZoneRulesAdoption", verb: str) -> None:
    out.print(f"{tenant_id}  {len(done.kept):,} {verb}, by release {done.release}", style="bold", markup=False)
    for one in done.kept[:_LISTED]:
        err.print(_line(one) + ("  beside another one" if one.is_beside else ""), markup=False)
    if len(done.kept) > _LISTED:
        err.print(f"  and {len(done.kept) - _LISTED:,} more")
    for one in done.begun:
        err.print(f"{_line(one)}  stays, since it has begun or would have", markup=False)


def _line(one: "KeptVisit") -> str:
    return f"  {one.kind} {one.id}  {one.starts_at:%Y-%m-%d %H:%M}Z -> {one.to:%Y-%m-%d %H:%M}Z  {one.zone}"


def _as_json(tenant_id: "UUID", done: "ZoneRulesAdoption") -> dict[str, object]:
    return {
        "practice_id": tenant_id,
        "release": done.release,
        "changes": done.changes,
        "moved": [one._asdict() for one in done.kept],
        "stays": [one._asdict() for one in done.begun],
    }
