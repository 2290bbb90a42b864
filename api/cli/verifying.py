"""`scheduler verify`: check the hash chains of the logs."""

from typing import Annotated
from uuid import UUID

import typer

from api.cli.failures import FOUND
from api.cli.output import AsJson, print_result, progress_bar
from api.cli.session import opened, practice_of

commands = typer.Typer()
_FAULTS = {
    "missing": "an event is missing",
    "altered": "an event was altered",
    "head": "the head does not match the last event",
}


@commands.command(epilog="Example: scheduler verify")
def verify(
    practice: Annotated[UUID | None, typer.Option(help="Verify only this practice's log.")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify the hash chain of each practice's log, or of one.

    Exit code 1: an event was altered, removed or inserted; the first one is named.
    """
    with opened() as container, progress_bar() as progress:
        practices = container.storage.practices() if practice is None else [practice_of(container, practice)]
        broken = [
            (id_, link)
            for id_ in progress.track(practices, description="verifying practices")
            if (link := container.storage.log_reader.verify(id_)) is not None
        ]
    print_result(
        as_json,
        {
            "practices": len(practices),
            "broken": [{"practice_id": id_, "position": link.position, "fault": link.fault} for id_, link in broken],
        },
        *(f"practice {id_}: {_FAULTS[link.fault]} at position {link.position}" for id_, link in broken),
        *([] if broken else [f"Logs: {len(practices):,}, all intact."]),
    )
    if broken:
        raise typer.Exit(FOUND)
