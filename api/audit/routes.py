"""The history of a resource, /v1/events (the log) and /v1/diff (the changes in a range of it)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.audit.belonging import belonging
from api.audit.differences import differences, range_of
from api.audit.presenters import present_event, present_line
from api.audit.schemas import DiffPage, EventPage, HistoryPage
from api.http.answers import Answer
from api.http.calls import After, Call, Following, Reading
from api.http.paging import MAX_PAGE_SIZE, Cursor, Limit, cursor_behind, decoded_number
from api.http.reach import authorise_reading, readable_among
from api.http.resource_responses import READS, READS_ONE, collected
from application.kernel.permissions import Permission, authorise
from domain.kernel.aggregate import Aggregate
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession

routes = APIRouter(prefix="/v1", tags=["history"])

_POSITION = (
    " of the log, or an instant of recorded time (RFC 3339 with an offset), which is the last position recorded by then"
)
From = Annotated[
    str,
    Query(alias="from", max_length=40, description=f"A position{_POSITION}; 0 is before everything.", examples=["0"]),
]
To = Annotated[
    str, Query(max_length=40, description=f"A later position{_POSITION}.", examples=["2026-06-01T08:00:00Z"])
]
ThingId = Annotated[UUID | None, Query(description="Only this resource, of any kind.")]
Behind = Annotated[
    int,
    Query(ge=0, le=2**62, description="Events after this position; `after` of the previous page, 0 for the first."),
]
EventLimit = Annotated[int, Query(ge=1, le=1000, description="The most events to return.")]
Unseal = Annotated[bool, Query(description="Decrypt personal data, for keys that may read patients.")]


@routes.get("/appointments/{appointment_id}/history", response_model=HistoryPage, responses=READS_ONE)
async def appointment_history(
    appointment_id: UUID, call: Reading, limit: Limit = MAX_PAGE_SIZE, cursor: Cursor = None, after: After = None
) -> Response:
    """List the events of an appointment in order."""
    return await _history(call, Appointment, appointment_id, limit, cursor, after)


@routes.get("/sessions/{session_id}/history", response_model=HistoryPage, responses=READS_ONE)
async def session_history(
    session_id: UUID, call: Reading, limit: Limit = MAX_PAGE_SIZE, cursor: Cursor = None, after: After = None
) -> Response:
    """List the events of a session in order, with those of its roster and waiting line."""
    return await _history(call, GroupSession, session_id, limit, cursor, after)


@routes.get("/series/{series_id}/history", response_model=HistoryPage, responses=READS_ONE)
async def series_history(
    series_id: UUID, call: Reading, limit: Limit = MAX_PAGE_SIZE, cursor: Cursor = None, after: After = None
) -> Response:
    """List the events of a series and of its visits in order."""
    return await _history(call, Series, series_id, limit, cursor, after)


@routes.get("/courses/{course_id}/history", response_model=HistoryPage, responses=READS_ONE)
async def course_history(
    course_id: UUID, call: Reading, limit: Limit = MAX_PAGE_SIZE, cursor: Cursor = None, after: After = None
) -> Response:
    """List the events of a course and of its sessions in order, with those of the rosters."""
    return await _history(call, Course, course_id, limit, cursor, after)


@routes.get("/patients/{patient_id}/history", response_model=HistoryPage, responses=READS_ONE)
async def patient_history(
    patient_id: UUID, call: Reading, limit: Limit = MAX_PAGE_SIZE, cursor: Cursor = None, after: After = None
) -> Response:
    """List the events of a patient and of their appointments in order.

    Those of patients merged into this one are included; of sessions only the events about the
    patient. A key that is bound to a clinician gets the events of that clinician's visits only.
    """
    return await _history(call, Patient, patient_id, limit, cursor, after)


@routes.get("/events", response_model=EventPage, responses=READS)
async def list_events(call: Following, after: Behind = 0, limit: EventLimit = 200, unseal: Unseal = False) -> Response:
    """List the events of the log by position, without gaps. Recorded events never change."""

    def page() -> Answer:
        if unseal:
            authorise(call.actor, Permission.READ_PATIENTS)
        events, head = call.container.storage.log_reader.recorded_page(
            call.actor.tenant_id, after, limit, unseal=unseal
        )
        return Answer(
            {
                "practice_id": call.actor.tenant_id,
                "events": [present_event(event) for event in events],
                "after": events[-1].position if events else after,
                "position": head,
            }
        )

    return await call.read(Permission.READ_LOG, page)


@routes.get("/diff", response_model=DiffPage, responses=READS_ONE)
async def diff(
    call: Reading, from_: From, to: To, thing_id: ThingId = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List the resources that were created or changed after `from` and up to `to`.

    Each is listed once, in the order of their first events there. The differences of two adjacent
    ranges add up. A page may hold fewer than `limit` resources and still have a `next_cursor`.
    """

    def page() -> Answer:
        after, until = range_of(call, from_, to)
        first_after = max(after, decoded_number(cursor) or 0)
        things, following = differences(call, after, until, first_after, thing_id, limit)
        answer = collected("things", things, cursor_behind(following), until)
        return Answer({"from_position": after, "to_position": until, **answer.body})

    return await call.read(Permission.READ_LOG, page)


async def _history(
    call: Call, kind: type[Aggregate], id_: UUID, limit: int, cursor: str | None, after: int | None
) -> Response:
    def page() -> Answer:
        first = decoded_number(cursor) or 0
        aggregate = call.log.load_all(kind, [id_], only_to_show=True)[id_]
        authorise_reading(call.actor, aggregate)
        reached = call.container.wait_for(call.actor.tenant_id, "history", after)
        history, tenant_id = call.container.audit.history, call.actor.tenant_id
        also, visits = belonging(aggregate), None
        if call.actor.clinician_id is not None:
            if kind is Patient:
                visits = readable_among(call.actor, call.log, history.visits_of(tenant_id, [id_, *also]))
            also = readable_among(call.actor, call.log, also)
        found = history.page(
            tenant_id, id_, also=also, visits=visits, after=first, limit=limit, with_visits=kind is Patient
        )
        return collected("history", [present_line(line) for line in found.lines], cursor_behind(found.after), reached)

    return await call.read(Permission.READ_HISTORY, page)
