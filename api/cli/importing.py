"""`scheduler import`: import data from files."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from api.cli.output import AsJson, err, out, print_json
from api.cli.session import PracticeOption, by_command_line, opened, practice_with

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
    from application.scheduling.calendars.ports import MOST_OCTETS

    with file.open("rb") as source:
        # One octet more than the limit, so that a larger file is refused without reading it all.
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
    changes = {
        "added": counts.added,
        "moved": counts.moved,
        "removed": counts.removed,
        "unchanged": counts.unchanged,
    }
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
