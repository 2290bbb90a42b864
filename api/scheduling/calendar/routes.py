"""GET /v1/appointments and /v1/calendar: visits and sessions in a time window."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.http.answers import Answer
from api.http.as_of import AsOf, find_point_in_time
from api.http.calls import After, Call, Reading
from api.http.paging import Cursor, Limit
from api.http.reach import own_or
from api.http.resource_responses import READS_ONE, collected
from api.http.time_windows import From, MaybeFrom, MaybeTo, To, maybe_window, window
from api.scheduling.appointments.presenters import Person, present_entry, present_patient_name
from api.scheduling.appointments.schemas import AppointmentPage
from api.scheduling.calendar_paging import LONGEST_WINDOW, bookmark, encoded_bookmark, in_one_order
from api.scheduling.sessions.presenters import present_busy, present_session_entry
from api.scheduling.sessions.schemas import CalendarPage
from application.kernel.permissions import Permission
from application.patients.person import person_of
from application.scheduling.appointments.display_context import DisplayContext
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.scheduling.appointments.status import Status
from projections.scheduling.calendar.queries import Bookmark, CalendarEntry, CalendarFilter, SessionEntry
from projections.scheduling.calendar.queries import CalendarPage as CalendarEntries

routes = APIRouter(prefix="/v1", tags=["scheduling"])


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
    """List visits in order of their start. A window needs both `from` and `to`.

    A key that is bound to a clinician gets only that clinician's visits.
    """

    def page() -> Answer:
        within = maybe_window(call, from_, to, LONGEST_WINDOW)
        wanted = CalendarFilter(
            starts_from=within.starts_at if within else None,
            until=within.ends_at if within else None,
            clinician_id=own_or(call.actor, clinician_id),
            resource_id=resource_id,
            patient_ids=person_of(call.log, patient_id).ids if patient_id else (),
            service_id=service_id,
            location_id=location_id,
            statuses=[each.value for each in status or ()],
        )
        reached, found, patients = _visits(call, wanted, limit, bookmark(cursor), after)
        zone = DisplayContext(call.log, after=reached).zone
        visits = [
            present_entry(call, entry, zone(entry.location_id), patients.get(entry.patient_id))
            for entry in found.entries
        ]
        return collected("appointments", visits, encoded_bookmark(found.after), reached)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/calendar", response_model=CalendarPage, responses=READS_ONE)
async def calendar(
    call: Reading,
    from_: From,
    to: To,
    clinician_id: UUID | None = None,
    resource_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="The most entries to return.")] = 1000,
    cursor: Cursor = None,
    after: After = None,
    as_of: AsOf = None,
) -> Response:
    """Return every visit and session that touches a window, in order of their start.

    A page has at most `limit` of both together. Cancelled visits are included. Visits have the
    patients' names, sessions the numbers of seats. With `as_of` the calendar is as it was recorded
    then, with the names, alerts and local times of then; patients erased since have no name. A key
    that is bound to a clinician gets the visits and sessions of others in `busy` alone.
    """

    def page() -> Answer:
        position = None if as_of is None else find_point_in_time(call.container, call.actor, as_of).position
        within = window(call, from_, to, LONGEST_WINDOW)
        wanted = CalendarFilter(
            starts_from=within.starts_at, until=within.ends_at, clinician_id=clinician_id, resource_id=resource_id
        )
        behind, tenant_id = bookmark(cursor), call.actor.tenant_id
        reached, visits, patients = _visits(call, wanted, limit, behind, after, position)
        if position is None:
            sessions = call.container.scheduling.calendar.sessions(tenant_id, wanted, after=behind, limit=limit)
        else:
            sessions = call.container.scheduling.past_calendar.sessions(
                tenant_id, position, wanted, after=behind, limit=limit
            )
        entries, following = in_one_order(visits, sessions, limit)
        zone = DisplayContext(call.log, position, after=reached).zone
        appointments: list[dict[str, object]] = []
        group_sessions: list[dict[str, object]] = []
        busy: list[dict[str, object]] = []
        for entry in entries:
            if not _is_own(call, entry):
                busy += present_busy(entry)
                continue
            if isinstance(entry, SessionEntry):
                group_sessions.append(present_session_entry(entry, zone(entry.location_id)))
                continue
            patient = patients.get(entry.patient_id)
            visit = present_entry(call, entry, zone(entry.location_id), patient)
            appointments.append(visit | {"patient": present_patient_name(patient)})
        answer = collected("appointments", appointments, encoded_bookmark(following), reached)
        return Answer({**answer.body, "sessions": group_sessions, "busy": busy})

    return await call.read(Permission.READ_VISITS, page)


def _is_own(call: Call, entry: CalendarEntry | SessionEntry) -> bool:
    staff_ids = [entry.clinician_id] if isinstance(entry, CalendarEntry) else entry.staff_ids
    return call.actor.clinician_id is None or call.actor.clinician_id in staff_ids


def _visits(
    call: Call,
    wanted: CalendarFilter,
    limit: int,
    behind: Bookmark | None,
    after: int | None,
    position: int | None = None,
) -> tuple[int, CalendarEntries[CalendarEntry], Mapping[UUID, Person]]:
    """Return a page of visits, now or at a position, and their patients if the key sees them.

    The first item is the position up to which they include every event.
    Raises NotFoundError: the filter has an unknown id.
    """
    call.log.require(
        (Clinician, wanted.clinician_id),
        (Resource, wanted.resource_id),
        (Service, wanted.service_id),
        (Location, wanted.location_id),
    )
    container, tenant_id = call.container, call.actor.tenant_id
    sees_patients = call.actor.may(Permission.READ_PATIENTS)
    wanted_position = after if position is None else position
    reached = container.wait_for(tenant_id, "calendar", wanted_position, also=["patients"] if sees_patients else [])
    if position is None:
        found = container.scheduling.calendar.appointments(tenant_id, wanted, after=behind, limit=limit)
    else:
        found = container.scheduling.past_calendar.appointments(tenant_id, position, wanted, after=behind, limit=limit)
        reached = position
    if not sees_patients:
        return reached, found, {}
    own = {entry.patient_id for entry in found.entries if _is_own(call, entry)}
    patients = container.patients.survivors_of(tenant_id, own)
    if position is None:
        return reached, found, patients
    # The view has the patients as they are now: those who have changed since are read from the log.
    changed = {id_ for id_, one in patients.items() if any(each.position > position for each in (one, *one.merged))}
    return reached, found, {**patients, **DisplayContext(call.log, position).people(changed)}
