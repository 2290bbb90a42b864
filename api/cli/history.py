"""`scheduler history`: all events of an aggregate."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.output import AsJson, err, out, print_json
from api.cli.session import PracticeOption, opened, practice_with

if TYPE_CHECKING:
    from api.bootstrap.container import Container
    from projections.audit.history.queries import HistoryLine

commands = typer.Typer()
_PAGE = 500


@commands.command(epilog="Example: scheduler history 0199c0de-7a1b-7c3d-8e5f-0123456789ab")
def history(
    aggregate_id: Annotated[
        UUID,
        typer.Argument(
            metavar="ID", help="The id of an appointment, session, patient, clinician, room, service or key."
        ),
    ],
    practice: PracticeOption = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="Only events recorded by this instant: 2026-06-01T08:00:00+02:00.", metavar="INSTANT"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the events of a record and of its visits, in the order of the log.

    Personal data is shown, except that of erased patients. JSON: one event per line.
    """
    from api.audit.presenters import present_line
    from api.http.as_of import refuse_future
    from api.http.times import instant

    reached_at = None if as_of is None else instant(as_of, "--as-of")
    with opened() as container:
        practice_id = practice_with(container, practice, aggregate_id)
        if reached_at is not None:
            refuse_future(container, reached_at, "--as-of")
        until = None if reached_at is None else container.audit.instants.position_at(practice_id, reached_at)
        container.read_models.catch_up(practice_id)
        also = _belonging(container, practice_id, aggregate_id)
        after: int | None = 0
        while after is not None:
            page = container.audit.history.page(
                practice_id, aggregate_id, also=also, after=after, until=until, limit=_PAGE
            )
            for line in page.lines:
                if as_json:
                    print_json(present_line(line))
                else:
                    _print(line)
            if reached_at is not None and after == 0 and not page.lines:
                err.print("No event had been recorded by then.")
            after = page.after


def _belonging(container: "Container", practice_id: UUID, aggregate_id: UUID) -> list[UUID]:
    """Return related ids: a patient's merged records, a series' visits, a course's sessions."""
    from api.audit.belonging import belonging
    from application.kernel.errors import NotFoundError
    from domain.patients.patient import Patient
    from domain.scheduling.series.series import Series
    from domain.scheduling.sessions.course import Course

    log = container.logs.of(practice_id)
    for kind in (Patient, Series, Course):
        try:
            return belonging(log.load_all(kind, [aggregate_id], only_to_show=True)[aggregate_id])
        except NotFoundError:
            continue
    return []


def _print(line: "HistoryLine") -> None:
    from domain.kernel.personal_data import Damaged, Erased

    out.print(
        f"{line.event.position:>8}  {line.event.effective_at:%Y-%m-%d %H:%M:%SZ}  {line.sentence}",
        markup=False,
        style="bold",
    )
    out.print(
        f"          {line.kind} {line.event.stream_id} v{line.event.version} · {line.event.actor}",
        markup=False,
        style="dim",
    )
    for change in line.changes:
        out.print(f"          {change.field}: {change.before} -> {change.after}", markup=False)
    if isinstance(line.personal, Erased):
        out.print("          (personal data erased)", style="dim")
    elif isinstance(line.personal, Damaged):
        out.print(f"          (personal data damaged: {line.personal.fault})", style="red")
    elif not line.changes:
        for field, value in line.personal.items():
            if value not in (None, [], ""):
                out.print(f"          {field}: {value}", markup=False)
