"""/v1/series: visits planned by a rule and changed together."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import After, Changing, Creating, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_id
from api.http.reach import own_or
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, changed, collected, made
from api.http.schemas import command_of
from api.scheduling.series import presenters, schemas
from application.kernel.permissions import Permission
from application.scheduling.series.book_series import BookSeries, PreviewSeries
from application.scheduling.series.change_series import (
    CancelSeries,
    ChangeSeries,
    ChangeSeriesNotes,
    PreviewSeriesChange,
    SeriesCommand,
)
from domain.kernel.errors import InvalidValueError
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.scheduling.series.series import Series

routes = APIRouter(prefix="/v1/series", tags=["scheduling"])


@routes.post(
    "",
    status_code=201,
    response_model=schemas.SeriesInFull,
    responses=MAKES | {200: {"model": schemas.SeriesPreview, "description": "With `dry_run`: what would be booked."}},
)
async def book_series(body: schemas.SeriesBody, call: Creating) -> Response:
    """Book visits by a rule: all in one step, or none.

    Refused with `series_conflict` if some cannot be booked: `conflicts` lists each with its
    `index`, `code` and `conflicting_id`. With `on_conflict: skip` the others are booked, and the
    skipped ones are reported. The service's horizon limits the first visit only. A local time that
    the clocks skip moves on by the gap; of one that they show twice, the first is used.
    """
    command = command_of(BookSeries, body, without=("dry_run",))

    if body.dry_run:
        return await call.costly.ask(PreviewSeries(command), lambda plan: Answer(presenters.present_plan(plan)))
    return await call.costly.execute(
        command, lambda outcome: made(outcome, routes.prefix, presenters.outcome_presenter(call, outcome))
    )


@routes.get("", response_model=schemas.SeriesPage, responses=READS_ONE)
async def list_series(
    call: Reading,
    patient_id: UUID | None = None,
    clinician_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """List series in the order of booking.

    A key that is bound to a clinician gets only that clinician's series.
    """

    def page() -> Answer:
        call.log.require((Clinician, clinician_id), (Patient, patient_id))
        behind, tenant_id = decoded_id(cursor), call.actor.tenant_id
        reached = call.container.wait_for(tenant_id, "calendar", after)
        entries, following = call.container.scheduling.calendar.series(
            tenant_id, patient_id=patient_id, clinician_id=own_or(call.actor, clinician_id), after=behind, limit=limit
        )
        return collected(
            "series", [presenters.present_entry(entry) for entry in entries], cursor_behind(following), reached
        )

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/{series_id}", response_model=schemas.SeriesInFull, responses=READS_ONE)
async def get_series(series_id: UUID, call: Showing) -> Response:
    """Return one series and all of its visits, now or in the past."""
    return await call.costly.get_at(
        Permission.READ_VISITS, Series, series_id, lambda point: presenters.series_presenter(call, point.position)
    )


@routes.post("/{series_id}/change", response_model=schemas.SeriesInFull | schemas.ChangePreview, responses=CHANGES)
async def change_series(series_id: UUID, body: schemas.SeriesChangeBody, call: Changing) -> Response:
    """Move or cancel visits of a series, or change their clinician, location, resources or notes.

    The scope is this visit, this and the following ones, or all. The others take the new time of
    day, and move by the same number of days. Past, cancelled and checked-in visits stay the same,
    and a visit that was moved by itself keeps its time; `last_change.kept` has the reasons. Refused
    with `series_conflict` as a booking is, and with `nothing_to_change` if no visit would change. A
    visit that keeps its time keeps its booked terms. `notes` are sent alone: they apply to all
    visits in the scope, also past and cancelled ones, except those whose notes were changed by
    themselves.
    """
    command = _command(series_id, body, call.expected_version)

    if body.dry_run:
        return await call.costly.ask(PreviewSeriesChange(command), lambda plan: Answer(presenters.present_change(plan)))
    return await call.costly.execute(
        command, lambda outcome: changed(outcome, presenters.outcome_presenter(call, outcome))
    )


def _command(series_id: UUID, body: schemas.SeriesChangeBody, expected_version: int | None) -> SeriesCommand:
    """Raises InvalidValueError: the body has fields that exclude each other, or none."""
    others = (body.starts_at, body.clinician_id, body.location_id, body.resource_ids)
    is_changed = any(other is not None for other in others)
    if "notes" in body.model_fields_set:
        if is_changed or body.cancel is not None:
            raise InvalidValueError("notes", "send notes alone, and other changes in a request of their own")
        return ChangeSeriesNotes(
            series_id, body.from_occurrence, body.scope, body.notes, expected_version=expected_version
        )
    if body.cancel is not None:
        if is_changed:
            raise InvalidValueError("cancel", "visits are either cancelled or changed; send one of the two")
        cancel = body.cancel
        return CancelSeries(
            series_id,
            body.from_occurrence,
            body.scope,
            cancel.reason,
            cancel.cancelled_by,
            expected_version=expected_version,
        )
    without = ("cancel", "notes", "dry_run")
    return command_of(ChangeSeries, body, without, id=series_id, expected_version=expected_version)
