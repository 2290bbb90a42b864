"""/v1/series: visits that are planned together by a rule, and changed together."""

from typing import TypeAlias
from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import After, Changing, Creating, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_id
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, changed, collected, made
from api.scheduling.series.presenters import outcome_shower, series_shower, show_change, show_entry, show_plan
from api.scheduling.series.schemas import (
    ChangePreview,
    SeriesBody,
    SeriesChangeBody,
    SeriesInFull,
    SeriesPage,
    SeriesPreview,
)
from application.kernel.permissions import Permission
from application.scheduling.series.book_series import BookSeries, PreviewSeries
from application.scheduling.series.change_series import PreviewSeriesChange
from application.scheduling.series.change_series_notes import PreviewSeriesNotes
from application.scheduling.series.series_changes import CancelSeries, ChangeSeries, ChangeSeriesNotes
from domain.kernel.errors import InvalidValueError
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.scheduling.series.series import Series

routes = APIRouter(prefix="/v1/series", tags=["scheduling"])

SeriesCommand: TypeAlias = ChangeSeries | ChangeSeriesNotes | CancelSeries


@routes.post(
    "",
    status_code=201,
    response_model=SeriesInFull,
    responses=MAKES | {200: {"model": SeriesPreview, "description": "With `dry_run`: what would be booked."}},
)
async def book_series(body: SeriesBody, call: Creating) -> Response:
    """Book visits by a rule: all of them in one step, or not one. Refused with `series_conflict` if some cannot take place:
    `conflicts` lists each with its `index`, `code` and `conflicting_id`. With `on_conflict: skip` the others are booked, and each
    that was skipped is reported. The service's horizon binds the first visit alone. A time that the clocks jump over moves on by the
    jump; of one that they show twice the first is meant."""
    command = BookSeries(
        body.patient_id, body.service_id, body.clinician_id, body.starts_at, body.rrule, body.on_conflict, body.notes
    )

    if body.dry_run:
        return await call.ask(PreviewSeries(command), lambda plan: Answer(show_plan(plan)))
    return await call.execute(command, lambda outcome: made(outcome, routes.prefix, outcome_shower(call, outcome)))


@routes.get("", response_model=SeriesPage, responses=READS_ONE)
async def list_series(
    call: Reading,
    patient_id: UUID | None = None,
    clinician_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """Series in the order in which they were booked."""

    def page() -> Answer:
        call.log.require((Clinician, clinician_id), (Patient, patient_id))
        behind, tenant_id = decoded_id(cursor), call.actor.tenant_id
        call.container.wait_for(tenant_id, "calendar", after)
        entries, following = call.container.scheduling.calendar.series(
            tenant_id, patient_id=patient_id, clinician_id=clinician_id, after=behind, limit=limit
        )
        return collected("series", [show_entry(entry) for entry in entries], cursor_behind(following), after)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/{series_id}", response_model=SeriesInFull, responses=READS_ONE)
async def get_series(series_id: UUID, call: Showing) -> Response:
    """One series and all of its visits, as the log says at this moment or said at another."""
    return await call.show_at(
        Permission.READ_VISITS, Series, series_id, lambda moment: series_shower(call, moment.position)
    )


@routes.post("/{series_id}/change", response_model=SeriesInFull | ChangePreview, responses=CHANGES)
async def change_series(series_id: UUID, body: SeriesChangeBody, call: Changing) -> Response:
    """Move visits of a series, give them to another clinician, place or room, change their notes, or cancel them: this one, this and the
    following, or all. The others take the new time of day, and move by as many days. What is over, cancelled or checked in stays as it
    is, and so does the time of a visit that was moved by itself; `last_change.kept` says of each why. Refused with `series_conflict` as a
    booking is, and with `nothing_to_change`, never silently, if not one visit would be changed. A visit that keeps its time keeps the
    terms it was booked on. `notes` are sent by themselves: they are for all visits that are meant, also for those that are over or
    cancelled, but for one whose notes were changed by themselves."""
    command = _command(series_id, body, call.expected_version)

    if not body.dry_run:
        return await call.execute(command, lambda outcome: changed(outcome, outcome_shower(call, outcome)))
    query = PreviewSeriesNotes(command) if isinstance(command, ChangeSeriesNotes) else PreviewSeriesChange(command)
    return await call.ask(query, lambda plan: Answer(show_change(plan)))


def _command(series_id: UUID, body: SeriesChangeBody, expected_version: int | None) -> SeriesCommand:
    """Raises InvalidValueError: nothing to do was said, or two things that exclude each other."""
    others = (body.starts_at, body.clinician_id, body.location_id, body.resource_ids)
    is_noting = "notes" in body.model_fields_set
    if is_noting and any(other is not None for other in (*others, body.cancel)):
        raise InvalidValueError(
            "notes", "notes are changed by themselves; send what else is to change in a request of its own"
        )
    if is_noting:
        return ChangeSeriesNotes(series_id, body.from_occurrence, body.scope, body.notes, expected_version)
    if body.cancel is None:
        resource_ids = None if body.resource_ids is None else tuple(body.resource_ids)
        return ChangeSeries(
            series_id,
            body.from_occurrence,
            body.scope,
            body.starts_at,
            body.clinician_id,
            body.location_id,
            resource_ids,
            body.on_conflict,
            expected_version,
        )
    if any(other is not None for other in others):
        raise InvalidValueError("cancel", "visits are either cancelled or changed; send the one or the other")
    return CancelSeries(series_id, body.from_occurrence, body.scope, body.cancel.reason, expected_version)
