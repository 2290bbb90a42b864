"""/v1/sessions: group sessions, planned, changed, cancelled and listed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.http.answers import Answer
from api.http.calls import After, Changing, Creating, Reading, Showing
from api.http.paging import Cursor, Limit
from api.http.reach import own_or
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, collected
from api.http.schemas import command_of
from api.http.time_windows import MaybeFrom, MaybeTo, maybe_window
from api.scheduling.calendar_paging import LONGEST_WINDOW, bookmark, encoded_bookmark
from api.scheduling.sessions import presenters, schemas
from application.kernel.permissions import Permission
from application.scheduling.appointments.display_context import DisplayContext
from application.scheduling.sessions.change_session import CancelSession, ChangeSession
from application.scheduling.sessions.plan_session import PlanSession
from application.scheduling.sessions.undo_session import UndoSession
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession, GroupSessionStatus
from projections.scheduling.calendar.queries import CalendarFilter

routes = APIRouter(prefix="/v1/sessions", tags=["scheduling"])


@routes.post("", status_code=201, response_model=schemas.SessionInFull, responses=MAKES)
async def plan_session(body: schemas.SessionBody, call: Creating) -> Response:
    """Plan a group session, such as a class.

    It takes the time of all its staff and rooms, and is refused as a booking is if one of them is
    not free. A key that is bound to a clinician can plan sessions of that clinician alone.
    """
    return await call.create(command_of(PlanSession, body), routes.prefix, presenters.session_presenter(call))


@routes.get("", response_model=schemas.SessionPage, responses=READS_ONE)
async def list_sessions(
    call: Reading,
    from_: MaybeFrom = None,
    to: MaybeTo = None,
    clinician_id: UUID | None = None,
    resource_id: UUID | None = None,
    service_id: UUID | None = None,
    location_id: UUID | None = None,
    course_id: UUID | None = None,
    status: Annotated[GroupSessionStatus | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """List sessions by start, with the number of free seats. A window needs both ends.

    A key that is bound to a clinician gets only that clinician's sessions.
    """

    def page() -> Answer:
        within = maybe_window(call, from_, to, LONGEST_WINDOW)
        call.log.require(
            (Clinician, clinician_id),
            (Resource, resource_id),
            (Service, service_id),
            (Location, location_id),
            (Course, course_id),
        )
        which = CalendarFilter(
            starts_from=within.starts_at if within else None,
            until=within.ends_at if within else None,
            clinician_id=own_or(call.actor, clinician_id),
            resource_id=resource_id,
            service_id=service_id,
            location_id=location_id,
            course_id=course_id,
            statuses=[status] if status else (),
        )
        behind, tenant_id = bookmark(cursor), call.actor.tenant_id
        reached = call.container.wait_for(tenant_id, "calendar", after)
        found = call.container.scheduling.calendar.sessions(tenant_id, which, after=behind, limit=limit)
        zone = DisplayContext(call.log, after=reached).zone
        entries = [presenters.present_session_entry(entry, zone(entry.location_id)) for entry in found.entries]
        return collected("sessions", entries, encoded_bookmark(found.after), reached)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/{session_id}", response_model=schemas.SessionInFull, responses=READS_ONE)
async def get_session(session_id: UUID, call: Showing) -> Response:
    """Return one session, now or in the past."""
    return await call.get_at(
        Permission.READ_VISITS,
        GroupSession,
        session_id,
        lambda point: presenters.session_presenter(call, point.position),
    )


@routes.patch("/{session_id}", response_model=schemas.ChangedRosterShown, responses=CHANGES)
async def change_session(session_id: UUID, body: schemas.SessionPatch, call: Changing) -> Response:
    """Change a session's time, staff, rooms or number of seats before it starts.

    The roster stays the same; inform the patients on it. `seats_taken`: more patients are enrolled
    than there would be seats. `patient_busy`: a patient on the roster has another visit at the new
    time; `override` moves the session nevertheless.
    """
    command = command_of(
        ChangeSession,
        body,
        ("override",),
        id=session_id,
        override_reason=body.override.reason if body.override else None,
        expected_version=call.expected_version,
    )
    return await call.change(command, presenters.session_presenter(call, more=presenters.present_moved_up))


@routes.post("/{session_id}/cancel", response_model=schemas.SessionInFull, responses=CHANGES)
async def cancel_session(session_id: UUID, body: schemas.SessionCancelBody, call: Changing) -> Response:
    """Cancel a session before it starts; it keeps its roster. A repeat changes nothing."""
    command = CancelSession(session_id, body.reason, expected_version=call.expected_version)
    return await call.change(command, presenters.session_presenter(call))


@routes.post("/{session_id}/undo", response_model=schemas.UndoneSession, responses=CHANGES)
async def undo_session(session_id: UUID, body: schemas.SessionUndoBody, call: Changing) -> Response:
    """Undo the last command, which made `version`.

    Changes can be undone until the session starts, attendance until a day after its end.
    `not_last`: there was a later command. A given-up seat is taken again; the patient who had moved
    up waits again, within three minutes: later it is `seat_given_on`, because the patient may be
    informed. Given-up time is taken again, or `time_taken` or `patient_busy`. Undoing the planning
    makes the session `archived`. An undo cannot be undone: `nothing_to_undo`.
    """
    command = UndoSession(session_id, body.version, expected_version=call.expected_version)
    return await call.change(command, presenters.session_presenter(call, more=presenters.present_undo))
