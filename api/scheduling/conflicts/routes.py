"""GET /v1/conflicts: booked visits and planned sessions for which a clinician is no longer there."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from api.http.answers import Answer
from api.http.calls import After, Call, Reading
from api.http.paging import Cursor, Limit
from api.http.resource_responses import READS_ONE, collected
from api.http.schemas import Page, Shown
from api.scheduling.calendar_paging import bookmark, bookmark_of, encoded_bookmark, in_one_order
from api.scheduling.explain.presenters import ObstacleShown, show_reasons
from application.kernel.catalogue import Catalogue
from application.kernel.permissions import Permission
from application.scheduling.availability.conflicts import BookedVisit, GivenSession, others_free, outside
from domain.practice.clinician import Clinician
from domain.scheduling.appointments.status import Status
from domain.scheduling.availability.explanation import Obstacle
from domain.scheduling.sessions.group_session import GroupSessionStatus
from projections.scheduling.calendar.queries import CalendarEntry, CalendarFilter, SessionEntry

routes = APIRouter(prefix="/v1/conflicts", tags=["scheduling"])

_LOOKED_AT: Final = 1_000
"""Visits that one page looks at: where few lie outside, a page may be short, or empty, and still have a next one."""


class Remedy(Shown):
    """`reschedule` to a free time; `reassign` to one of `clinician_ids`, who are free then; `keep` it: it stays listed until it is over.
    A session is moved and given to others by `PATCH /v1/sessions/{session_id}`."""

    action: str = Field(examples=["reassign"])
    clinician_ids: list[UUID] | None = None


class StrandedVisitShown(Shown):
    """Of a visit or of a session; `clinician_id` is who is not there, of a session's staff the first."""

    appointment_id: UUID | None
    session_id: UUID | None
    version: int
    starts_at: datetime
    ends_at: datetime
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    reasons: list[ObstacleShown]
    remedies: list[Remedy]


class ConflictPage(Page):
    conflicts: list[StrandedVisitShown]


@routes.get("", response_model=ConflictPage, responses=READS_ONE)
async def list_conflicts(
    call: Reading, clinician_id: UUID | None = None, limit: Limit = 50, cursor: Cursor = None, after: After = None
) -> Response:
    """Visits and sessions from now on that a change of hours, zone, public holidays or time off has left outside, in order of their start.

    They stay as they were booked. A page may hold fewer than `limit` and still have a `next_cursor`."""

    def page() -> Answer:
        now = call.container.clock.now()
        catalogue = call.log.catalogue()
        if clinician_id is not None:
            catalogue.one(Clinician, clinician_id)
        call.container.wait_for(call.actor.tenant_id, "calendar", after)
        which = CalendarFilter(
            starts_from=now, clinician_id=clinician_id, statuses=[Status.BOOKED.value, Status.CHECKED_IN.value]
        )
        planned = replace(which, statuses=[GroupSessionStatus.PLANNED.value])
        tenant_id, behind = call.actor.tenant_id, bookmark(cursor)
        visits = call.container.scheduling.calendar.appointments(tenant_id, which, after=behind, limit=_LOOKED_AT)
        sessions = call.container.scheduling.calendar.sessions(tenant_id, planned, after=behind, limit=_LOOKED_AT)
        entries, last = in_one_order(visits, sessions, _LOOKED_AT)
        shown: list[dict[str, object]] = []
        for entry in entries:
            if entry.starts_at < now or not (found := _found(catalogue, entry, clinician_id, now)):
                continue
            visit, obstacles = found
            reasons = show_reasons(call, catalogue, visit.service_id, visit.clinician_id, visit.starts_at, obstacles)
            shown.append(_show(call, entry, visit, reasons, now))
            if len(shown) == limit:
                last = None if entry is entries[-1] and last is None else bookmark_of(entry)
                break
        return collected("conflicts", shown, encoded_bookmark(last), after)

    return await call.read(Permission.READ_VISITS, page)


def _found(
    catalogue: Catalogue, entry: CalendarEntry | SessionEntry, clinician_id: UUID | None, now: datetime
) -> tuple[BookedVisit, list[Obstacle]] | None:
    """Return who is not there, and why; of a session's staff the first one, or the one who was asked about."""
    if isinstance(entry, CalendarEntry):
        obstacles = outside(catalogue, entry, now)
        return (entry, obstacles) if obstacles else None
    for staff_id in entry.staff_ids:
        given = GivenSession(
            entry.session_id, entry.service_id, staff_id, entry.location_id, entry.starts_at, entry.ends_at
        )
        if clinician_id in (None, staff_id) and (obstacles := outside(catalogue, given, now)):
            return given, obstacles
    return None


def _show(
    call: Call,
    entry: CalendarEntry | SessionEntry,
    visit: BookedVisit,
    reasons: list[dict[str, object]],
    now: datetime,
) -> dict[str, object]:
    """What can be done: of a session, ``reschedule`` and ``reassign`` are said by a PATCH."""
    staff = entry.staff_ids if isinstance(entry, SessionEntry) else ()
    free = [id_ for id_ in others_free(call.log, visit, now) if id_ not in staff]
    remedies: list[dict[str, object]] = [{"action": "reschedule"}, {"action": "keep"}]
    if free:
        remedies.insert(1, {"action": "reassign", "clinician_ids": free})
    return {
        "appointment_id": entry.appointment_id if isinstance(entry, CalendarEntry) else None,
        "session_id": entry.session_id if isinstance(entry, SessionEntry) else None,
        "version": entry.version,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "service_id": visit.service_id,
        "clinician_id": visit.clinician_id,
        "location_id": visit.location_id,
        "reasons": reasons,
        "remedies": remedies,
    }
