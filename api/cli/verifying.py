"""`scheduler verify`: check the logs, and with --deep what was made from them."""

from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer

from api.cli.failures import FOUND, UsageError
from api.cli.output import AsJson, print_result, progress_bar
from api.cli.session import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import Progress

    from api.bootstrap.container import Container

commands = typer.Typer()
_FAULTS: Final = {
    "missing": "an event is missing at position {}",
    "altered": "an event was altered at position {}",
    "head": "the head does not match the last event at position {}",
    "outside": "a row at position {} does not belong to the log",
    "vanished": "it is in the list of practices, but its log is gone",
    "unlisted": "it is not in the list of practices",
}


@commands.command(epilog="Example: scheduler verify --deep")
def verify(
    practice: Annotated[UUID | None, typer.Option(help="Verify only this practice's log.")] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also compare read models and time claims with the log.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Verify the hash chain of each practice's log, or of one, and the list of practices.

    Exit code 1: an event was altered, removed or inserted; the first one of each practice is
    named. Or a practice vanished, or, with --deep, rows differ from those that the log gives.
    """
    with opened() as container, progress_bar() as progress:
        verifier = container.storage.log_verifier
        known = verifier.practices()
        if practice is not None and practice not in known:
            raise UsageError("there is no such practice; see `scheduler practice list`")
        chosen = list(known) if practice is None else [practice]
        broken_entry = verifier.first_broken_entry()
        broken = [
            (id_, link.fault, link.position)
            for id_ in progress.track(chosen, description="verifying practices")
            if (link := verifier.verify(id_)) is not None
        ]
        # What was made from a broken log cannot be compared with it.
        whole = [id_ for id_ in chosen if id_ not in {id_ for id_, *_ in broken}] if deep else []
        broken += [(id_, fault, 0) for id_ in chosen if (fault := known[id_]) == "unlisted"]
        differences = _differences(container, progress, whole) if deep else []
    found: dict[str, object] = {
        "practices": len(chosen),
        "broken": [{"practice_id": id_, "position": position, "fault": fault} for id_, fault, position in broken],
        "broken_list_entry": broken_entry,
    }
    if deep:
        found["differences"] = differences
    lines = [f"practice {id_}: {_FAULTS[fault].format(position)}" for id_, fault, position in broken]
    if broken_entry is not None:
        lines.append(f"list of practices: entry {broken_entry} is missing or was altered")
    lines += [
        f"practice {each['practice_id']}: {each['table']} has {each['extra']:,} rows that the log does not give,"
        f" and lacks {each['missing']:,} that it gives"
        for each in differences
    ]
    print_result(as_json, found, *(lines or [f"Logs: {len(chosen):,}, all intact."]))
    if lines:
        raise typer.Exit(FOUND)


def _differences(
    container: "Container", progress: "Progress", practices: "Sequence[UUID]"
) -> "list[dict[str, object]]":
    """Return the tables of practices, each verified, that differ from their logs."""
    verifier, now = container.storage.log_verifier, container.clock.now()
    claims = [
        (id_, *verifier.differing_claims(id_, now))
        for id_ in progress.track(practices, description="comparing time claims")
    ]
    views = container.read_models.compare(progress.track(practices, description="comparing read models"))
    found = [(id_, "log.time_claim", extra, missing) for id_, extra, missing in claims if extra or missing]
    found += [(each.tenant_id, each.table, each.extra, each.missing) for each in views]
    return [dict(zip(("practice_id", "table", "extra", "missing"), each, strict=True)) for each in found]
