"""/v1/sessions: one time at which several people are seen together; planned, changed, cancelled, listed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.http.answers import Answer
from api.http.calls import After, Changing, Creating, Reading, Showing
from api.http.paging import Cursor, Limit
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, changed, collected, made
from api.http.time_windows import MaybeFrom, MaybeTo, maybe_window
from api.scheduling.calendar_paging import LONGEST_WINDOW, bookmark, encoded_bookmark
from api.scheduling.sessions.presenters import roster_shower, session_shower, show_session_entry, undone_shower
from api.scheduling.sessions.schemas import (
    ChangedRosterShown,
    SessionBody,
    SessionCancelBody,
    SessionInFull,
    SessionPage,
    SessionPatch,
    SessionUndoBody,
    UndoneSession,
)
from application.kernel.permissions import Permission
from application.scheduling.appointments.display_context import DisplayContext
from application.scheduling.sessions.cancel_session import CancelSession
from application.scheduling.sessions.change_session import ChangeSession
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


@routes.post("", status_code=201, response_model=SessionInFull, responses=MAKES)
async def plan_session(body: SessionBody, call: Creating) -> Response:
    """Plan a session: a class, a group. It takes the time of all its staff and rooms, and is refused as a booking is if one of them is not
    free. Then people are enrolled in it. A key that is bound to a clinician plans what that one gives alone."""
    command = PlanSession(body.service_id, tuple(body.staff_ids), body.starts_at, body.seats, tuple(body.resource_ids))

    return await call.execute(command, lambda outcome: made(outcome, routes.prefix, session_shower(call)))


@routes.get("", response_model=SessionPage, responses=READS_ONE)
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
    """Sessions in order of their start, with how many seats are free. A window needs both of its ends."""

    def page() -> Answer:
        within = maybe_window(call.log, from_, to, LONGEST_WINDOW)
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
            clinician_id=clinician_id,
            resource_id=resource_id,
            service_id=service_id,
            location_id=location_id,
            course_id=course_id,
            statuses=[status] if status else (),
        )
        behind, tenant_id = bookmark(cursor), call.actor.tenant_id
        call.container.wait_for(tenant_id, "calendar", after)
        found = call.container.scheduling.calendar.sessions(tenant_id, which, after=behind, limit=limit)
        zone = DisplayContext(call.log).zone
        entries = [show_session_entry(entry, zone(entry.location_id)) for entry in found.entries]
        return collected("sessions", entries, encoded_bookmark(found.after), after)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/{session_id}", response_model=SessionInFull, responses=READS_ONE)
async def get_session(session_id: UUID, call: Showing) -> Response:
    """One session, as its log says at this moment, or said at another one."""
    return await call.show_at(
        Permission.READ_VISITS, GroupSession, session_id, lambda moment: session_shower(call, moment.position)
    )


@routes.patch("/{session_id}", response_model=ChangedRosterShown, responses=CHANGES)
async def change_session(session_id: UUID, body: SessionPatch, call: Changing) -> Response:
    """Move a session, give it other staff or rooms, or another number of seats, before it starts. Who is enrolled stays so, and is listed
    by the roster to be told. `seats_taken`: more are enrolled than there would be seats."""
    command = ChangeSession(
        session_id,
        body.starts_at,
        None if body.staff_ids is None else tuple(body.staff_ids),
        None if body.resource_ids is None else tuple(body.resource_ids),
        body.seats,
        call.expected_version,
    )

    return await call.execute(command, lambda outcome: changed(outcome, roster_shower(call)))


@routes.post("/{session_id}/cancel", response_model=SessionInFull, responses=CHANGES)
async def cancel_session(session_id: UUID, body: SessionCancelBody, call: Changing) -> Response:
    """Cancel a session before it starts, with everybody on its roster. Cancelling twice changes nothing the second time."""
    command = CancelSession(session_id, body.reason, call.expected_version)
    return await call.execute(command, lambda outcome: changed(outcome, session_shower(call)))


@routes.post("/{session_id}/undo", response_model=UndoneSession, responses=CHANGES)
async def undo_session(session_id: UUID, body: SessionUndoBody, call: Changing) -> Response:
    """Undo the last command, which made `version`: what was agreed on until the session starts, who came until a day after its end. Where
    somebody was there since: `not_last`. A seat that was given up is taken again; who had moved up into it waits again, within three
    minutes: after that they may know, and it is `seat_given_on`. Time that was given up is taken again, or `time_taken`. Undo the
    planning, and the session is `archived`. An undo is not undone: `nothing_to_undo`."""
    command = UndoSession(session_id, body.version, call.expected_version)
    return await call.execute(command, lambda outcome: changed(outcome, undone_shower(call)))
