"""GET /v1/appointments and /v1/calendar: visits and sessions in a window of time, from the calendar view."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.http.answers import Answer
from api.http.calls import After, Call, Reading
from api.http.moments import AsOf, moment_of
from api.http.paging import Cursor, Limit
from api.http.resource_responses import READS_ONE, collected
from api.http.time_windows import From, MaybeFrom, MaybeTo, To, maybe_window, window
from api.scheduling.appointments.presenters import Person, patient_name, show_entry
from api.scheduling.appointments.schemas import AppointmentPage
from api.scheduling.calendar_paging import LONGEST_WINDOW, bookmark, encoded_bookmark, in_one_order
from api.scheduling.sessions.presenters import show_session_entry
from api.scheduling.sessions.schemas import CalendarPage
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.patients.person import person_of
from application.scheduling.appointments.display_context import DisplayContext
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.scheduling.appointments.status import Status
from projections.scheduling.calendar.queries import Bookmark, CalendarEntry, CalendarFilter, SessionEntry
from projections.scheduling.calendar.queries import CalendarPage as Found

routes = APIRouter(prefix="/v1", tags=["scheduling"])


CalendarLimit = Annotated[int, Query(ge=1, le=1000, description="How many to return at most.")]


@routes.get("/appointments", response_model=AppointmentPage, responses=READS_ONE)
async def list_appointments(
    call: Reading,
    from_: MaybeFrom = None,
    to: MaybeTo = None,
    clinician_id: UUID | None = None,
    resource_id: UUID | None = None,
    patient_id: UUID | None = None,
    service_id: UUID | None = None,
    location_id: UUID | None = None,
    status: Annotated[list[Status] | None, Query(max_length=len(Status))] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """Visits in order of their start. A window needs both of its ends."""

    def page() -> Answer:
        within = maybe_window(call.log, from_, to, LONGEST_WINDOW)
        which = CalendarFilter(
            starts_from=within.starts_at if within else None,
            until=within.ends_at if within else None,
            clinician_id=clinician_id,
            resource_id=resource_id,
            patient_ids=person_of(call.log, patient_id).ids if patient_id else (),
            service_id=service_id,
            location_id=location_id,
            statuses=[each.value for each in status or ()],
        )
        found, patients = _found(call, which, limit, cursor, after)
        zone = DisplayContext(call.log).zone
        shown = [
            show_entry(call, entry, zone(entry.location_id), patients.get(entry.patient_id)) for entry in found.entries
        ]
        return collected("appointments", shown, encoded_bookmark(found.after), after)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/calendar", response_model=CalendarPage, responses=READS_ONE)
async def calendar(
    call: Reading,
    from_: From,
    to: To,
    clinician_id: UUID | None = None,
    resource_id: UUID | None = None,
    limit: CalendarLimit = 1000,
    cursor: Cursor = None,
    after: After = None,
    as_of: AsOf = None,
) -> Response:
    """The schedule of a window: every visit that touches it, cancelled ones too, with the patients' names, and every session, with numbers.
    Both together are at most `limit` a page, in order of their start. With `as_of`: as it looked then, with the names, alerts and
    clocks of then; who was erased since has no name there either."""

    def page() -> Answer:
        position = None if as_of is None else moment_of(call.container, call.actor, as_of).position
        within = window(call.log, from_, to, LONGEST_WINDOW)
        which = CalendarFilter(
            starts_from=within.starts_at, until=within.ends_at, clinician_id=clinician_id, resource_id=resource_id
        )
        behind = bookmark(cursor)
        if position is None:
            visits, patients = _found(call, which, limit, cursor, after)
            sessions = call.container.scheduling.calendar.sessions(
                call.actor.tenant_id, which, after=behind, limit=limit
            )
        else:
            visits, patients = _found_then(call, which, limit, behind, position)
            sessions = call.container.scheduling.past_calendar.sessions(
                call.actor.tenant_id, position, which, after=behind, limit=limit
            )
        entries, following = in_one_order(visits, sessions, limit)
        zone = DisplayContext(call.log, position).zone
        shown = [
            {
                **show_entry(call, entry, zone(entry.location_id), patients.get(entry.patient_id)),
                "patient": patient_name(patients.get(entry.patient_id)),
            }
            for entry in entries
            if isinstance(entry, CalendarEntry)
        ]
        answer = collected("appointments", shown, encoded_bookmark(following), after if position is None else position)
        beside = [
            show_session_entry(entry, zone(entry.location_id)) for entry in entries if isinstance(entry, SessionEntry)
        ]
        return Answer({**answer.body, "sessions": beside})

    return await call.read(Permission.READ_VISITS, page)


def _found(
    call: Call, which: CalendarFilter, limit: int, cursor: str | None, after: int | None
) -> tuple[Found[CalendarEntry], Mapping[UUID, Person]]:
    """Return a page and its patients, none for those who may not see them. Raises NotFoundError: a filter names no known thing."""
    _require(call.log, which)
    tenant_id = call.actor.tenant_id
    behind = bookmark(cursor)
    call.container.wait_for(tenant_id, "calendar", after)
    found = call.container.scheduling.calendar.appointments(tenant_id, which, after=behind, limit=limit)
    if not call.actor.may(Permission.READ_PATIENTS):
        return found, {}
    call.container.wait_for(tenant_id, "patients", after)
    return found, call.container.patients.survivors_of(tenant_id, {entry.patient_id for entry in found.entries})


def _found_then(
    call: Call, which: CalendarFilter, limit: int, behind: Bookmark | None, position: int
) -> tuple[Found[CalendarEntry], Mapping[UUID, Person]]:
    """As ``_found``, at a position of the log. Of patients who have changed since, the log is asked."""
    _require(call.log, which)
    tenant_id = call.actor.tenant_id
    call.container.wait_for(tenant_id, "calendar", position)
    found = call.container.scheduling.past_calendar.appointments(tenant_id, position, which, after=behind, limit=limit)
    if not call.actor.may(Permission.READ_PATIENTS):
        return found, {}
    call.container.wait_for(tenant_id, "patients", position)
    today = call.container.patients.survivors_of(tenant_id, {entry.patient_id for entry in found.entries})
    changed = {id_ for id_, one in today.items() if any(each.position > position for each in (one, *one.merged))}
    return found, {**today, **DisplayContext(call.log, position).people(changed)}


def _require(log: PracticeLog, which: CalendarFilter) -> None:
    log.require(
        (Clinician, which.clinician_id),
        (Resource, which.resource_id),
        (Service, which.service_id),
        (Location, which.location_id),
    )
