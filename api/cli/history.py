"""`scheduler history`: everything that ever happened to a thing."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.output import AsJson, aside, out, print_json
from api.cli.session import PracticeOption, opened, practice_with

if TYPE_CHECKING:
    from api.bootstrap.container import Container
    from projections.audit.history.queries import HistoryLine

commands = typer.Typer()
_PAGE = 500


@commands.command(epilog="Example: scheduler history 0199c0de-7a1b-7c3d-8e5f-0123456789ab")
def history(
    thing: Annotated[
        UUID, typer.Argument(help="The id of an appointment, session, patient, clinician, room, service or key.")
    ],
    practice: PracticeOption = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="What had been recorded by this instant: 2026-06-01T08:00:00+02:00.", metavar="INSTANT"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what happened to a thing and to the visits that it took part in, in the order of the log. JSON: one event a line.

    It shows personal data, except of those who were erased: of them nothing is known any more, as of any instant.
    """
    from api.http.moments import refuse_future
    from api.http.times import instant

    reached_at = None if as_of is None else instant(as_of, "--as-of")
    with opened() as container:
        practice_id = practice_with(container, practice, thing)
        if reached_at is not None:
            refuse_future(container, reached_at, "--as-of")
        until = None if reached_at is None else container.audit.instants.position_at(practice_id, reached_at)
        container.read_models.catch_up(practice_id)
        also = _belonging(container, practice_id, thing)
        after: int | None = 0
        while after is not None:
            page = container.audit.history.page(practice_id, thing, also=also, after=after, until=until, limit=_PAGE)
            for line in page.lines:
                if as_json:
                    print_json(_as_json(line))
                else:
                    _tell(line)
            if reached_at is not None and after == 0 and not page.lines:
                aside.print("Nothing of it had been recorded by then.")
            after = page.after


def _belonging(container: "Container", practice_id: UUID, thing: UUID) -> list[UUID]:
    """Return what is told with it: who was merged into a patient, the visits of a series, the sessions of a course."""
    from api.audit.history.belonging import belonging
    from application.kernel.errors import NotFoundError
    from domain.patients.patient import Patient
    from domain.scheduling.series.series import Series
    from domain.scheduling.sessions.course import Course

    log = container.logs.of(practice_id)
    for kind in (Patient, Series, Course):
        try:
            return belonging(log.load(kind, thing))
        except NotFoundError:
            continue
    return []


def _as_json(line: "HistoryLine") -> dict[str, object]:
    """The same fields as in the API's histories."""
    from domain.kernel.personal_data import Erased

    is_erased = isinstance(line.personal, Erased)
    fields = (
        "position",
        "kind",
        "version",
        "event_type",
        "sentence",
        "effective_at",
        "recorded_at",
        "actor",
        "causation_id",
        "facts",
    )
    return {field: getattr(line, field) for field in fields} | {
        "id": line.stream_id,
        "personal": None if is_erased or not line.personal else line.personal,
        "erased": is_erased,
        "changes": [{"field": one.field, "before": one.before, "after": one.after} for one in line.changes],
    }


def _tell(line: "HistoryLine") -> None:
    from domain.kernel.personal_data import Erased

    out.print(
        f"{line.position:>8}  {line.effective_at:%Y-%m-%d %H:%M:%SZ}  {line.sentence}", markup=False, style="bold"
    )
    out.print(f"          {line.kind} {line.stream_id} v{line.version} · {line.actor}", markup=False, style="dim")
    for change in line.changes:
        out.print(f"          {change.field}: {change.before} -> {change.after}", markup=False)
    if isinstance(line.personal, Erased):
        out.print("          (personal data erased)", style="dim")
    elif not line.changes:
        for field, value in line.personal.items():
            if value not in (None, [], ""):
                out.print(f"          {field}: {value}", markup=False)
