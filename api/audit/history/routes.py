"""GET /v1/appointments/{id}/history, and the same of sessions, series, courses and patients: how a thing came to be what it is."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response

from api.audit.history.belonging import belonging
from api.http.answers import Answer
from api.http.calls import After, Call, Reading
from api.http.paging import MOST, Cursor, Limit, cursor_behind, decoded
from api.http.resource_responses import READS_ONE, collected
from api.http.schemas import Page, Shown
from application.kernel.permissions import Permission
from domain.kernel.aggregate import Aggregate
from domain.kernel.errors import InvalidValueError
from domain.kernel.personal_data import Erased
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from projections.audit.history.queries import HistoryLine

routes = APIRouter(prefix="/v1", tags=["history"])


class ChangeShown(Shown):
    field: str
    before: object
    after: object


class Line(Shown):
    """One event. `personal` is null once its person was erased, and for keys that do not see patients."""

    position: int
    kind: str
    id: UUID
    version: int
    event_type: str
    sentence: str
    effective_at: datetime
    recorded_at: datetime
    actor: str
    causation_id: UUID | None
    facts: dict[str, object]
    personal: dict[str, object] | None
    erased: bool
    changes: list[ChangeShown]


class HistoryPage(Page):
    history: list[Line]


@routes.get("/appointments/{appointment_id}/history", response_model=HistoryPage, responses=READS_ONE)
async def appointment_history(
    appointment_id: UUID, call: Reading, limit: Limit = MOST, cursor: Cursor = None, after: After = None
) -> Response:
    """Every event of an appointment, in order."""
    return await _history(call, Appointment, appointment_id, limit, cursor, after, with_visits=False)


@routes.get("/sessions/{session_id}/history", response_model=HistoryPage, responses=READS_ONE)
async def session_history(
    session_id: UUID, call: Reading, limit: Limit = MOST, cursor: Cursor = None, after: After = None
) -> Response:
    """Every event of a session, in order: also who had a seat, who waited, and who moved up."""
    return await _history(call, GroupSession, session_id, limit, cursor, after, with_visits=False)


@routes.get("/series/{series_id}/history", response_model=HistoryPage, responses=READS_ONE)
async def series_history(
    series_id: UUID, call: Reading, limit: Limit = MOST, cursor: Cursor = None, after: After = None
) -> Response:
    """Every event of a series and of its visits, in order."""
    return await _history(call, Series, series_id, limit, cursor, after, with_visits=False)


@routes.get("/courses/{course_id}/history", response_model=HistoryPage, responses=READS_ONE)
async def course_history(
    course_id: UUID, call: Reading, limit: Limit = MOST, cursor: Cursor = None, after: After = None
) -> Response:
    """Every event of a course and of its sessions, in order: also who had a seat, who waited, and who moved up."""
    return await _history(call, Course, course_id, limit, cursor, after, with_visits=False)


@routes.get("/patients/{patient_id}/history", response_model=HistoryPage, responses=READS_ONE)
async def patient_history(
    patient_id: UUID, call: Reading, limit: Limit = MOST, cursor: Cursor = None, after: After = None
) -> Response:
    """Every event of a patient, of those who were merged into them, and of the appointments of all of these, in order. Of sessions
    what concerns the patient, and nobody else's seat."""
    return await _history(call, Patient, patient_id, limit, cursor, after, with_visits=True)


async def _history(
    call: Call,
    kind: type[Aggregate],
    id_: UUID,
    limit: int,
    cursor: str | None,
    after: int | None,
    *,
    with_visits: bool,
) -> Response:
    def page() -> Answer:
        behind = _position(cursor)
        thing = call.log.load(kind, id_)
        call.container.wait_for(call.actor.tenant_id, "history", after)
        found = call.container.audit.history.page(
            call.actor.tenant_id, id_, also=belonging(thing), after=behind, limit=limit, with_visits=with_visits
        )
        return collected("history", [_shown(line) for line in found.lines], cursor_behind(found.after), after)

    return await call.read(Permission.READ_HISTORY, page)


def _shown(line: HistoryLine) -> dict[str, object]:
    is_erased = isinstance(line.personal, Erased)
    return {
        "position": line.position,
        "kind": line.kind,
        "id": line.stream_id,
        "version": line.version,
        "event_type": line.event_type,
        "sentence": line.sentence,
        "effective_at": line.effective_at,
        "recorded_at": line.recorded_at,
        "actor": line.actor,
        "causation_id": line.causation_id,
        "facts": line.facts,
        "personal": None if is_erased or not line.personal else line.personal,
        "erased": is_erased,
        "changes": [{"field": each.field, "before": each.before, "after": each.after} for each in line.changes],
    }


def _position(cursor: str | None) -> int:
    mark = decoded(cursor) or "0"
    if not (mark.isascii() and mark.isdecimal() and len(mark) < 19):
        raise InvalidValueError("cursor", "this cursor is not one that a page has given")
    return int(mark)
