"""Rosters, enrolments and attendance of sessions, and /v1/patients/{id}/enrolments."""

from collections.abc import Collection, Mapping
from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.as_of import PointInTime
from api.http.calls import After, Call, Changing, Reading, Showing
from api.http.paging import Cursor, Limit, page
from api.http.reach import authorise_reading
from api.http.resource_responses import CHANGES, READS_ONE, collected
from api.scheduling.appointments.presenters import Person, present_patient_name
from api.scheduling.calendar_paging import bookmark, encoded_bookmark
from api.scheduling.sessions.presenters import (
    present_enrolment,
    present_moved_up,
    present_session_entry,
    session_presenter,
)
from api.scheduling.sessions.schemas import (
    AttendanceBody,
    ChangedRosterShown,
    EnrolBody,
    EnrolledShown,
    PatientEnrolmentPage,
    RosterPage,
    SessionInFull,
    WithdrawBody,
)
from application.kernel.permissions import Permission
from application.patients.person import person_of
from application.scheduling.appointments.display_context import DisplayContext
from application.scheduling.sessions.session_roster import EnrolPatient, NoteAttendance, WithdrawPatient
from domain.scheduling.sessions.group_session import GroupSession

routes = APIRouter(prefix="/v1", tags=["scheduling"])


@routes.post("/sessions/{session_id}/enrol", response_model=EnrolledShown, responses=CHANGES)
async def enrol(session_id: UUID, body: EnrolBody, call: Changing) -> Response:
    """Give a patient a seat, until the session starts.

    If the session is full: `session_full`, or with `if_full: wait` a place in the waiting line. A
    person enrols once, also under the id of a merged patient: `already_enrolled`,
    `already_waiting`. A patient who has another visit at this time gets no seat, unless with
    `override`: `patient_busy`. One who waits gets a free seat for which they were passed over.
    """
    command = EnrolPatient(
        session_id,
        body.patient_id,
        body.if_full == "wait",
        body.override.reason if body.override else None,
        expected_version=call.expected_version,
    )
    return await call.change(
        command,
        session_presenter(call, more=lambda session: {"enrolment": present_enrolment(call, session, body.patient_id)}),
    )


@routes.post("/sessions/{session_id}/withdraw", response_model=ChangedRosterShown, responses=CHANGES)
async def withdraw(session_id: UUID, body: WithdrawBody, call: Changing) -> Response:
    """Cancel a patient's seat or place in the waiting line, until the session starts.

    A freed seat goes to the patient who has waited longest, in the same step: `moved_up`. Patients
    who have another visit at this time are passed over, see the roster.
    """
    command = WithdrawPatient(session_id, body.patient_id, body.cancelled_by, expected_version=call.expected_version)
    return await call.change(command, session_presenter(call, more=present_moved_up))


@routes.post("/sessions/{session_id}/attendance", response_model=SessionInFull, responses=CHANGES)
async def note_attendance(session_id: UUID, body: AttendanceBody, call: Changing) -> Response:
    """Record which patients came or did not come, once the session has started.

    If one of them is not enrolled, nothing is recorded.
    """
    command = NoteAttendance(session_id, tuple(body.patient_ids), body.attended, expected_version=call.expected_version)
    return await call.change(command, session_presenter(call))


@routes.get("/sessions/{session_id}/roster", response_model=RosterPage, responses=READS_ONE)
async def get_roster(
    session_id: UUID, call: Showing, limit: Limit = 50, cursor: Cursor = None, after: After = None
) -> Response:
    """Return the roster in the order of enrolment, then the waiting line in order.

    `as_of` and `version` return a former roster, with the names of then.
    """

    def roster() -> Answer:
        point = call.point_in_time(GroupSession, session_id)
        # Before the session, so that the answer includes all that was recorded by then.
        reached = call.log.reader.position() if point.position is None else point.position
        session = call.log.look_up(GroupSession, session_id, point.position, call.version)
        authorise_reading(call.actor, session)
        ids, next_cursor = page([*session.roster, *session.waiting], limit, cursor, lambda id_: id_)
        patients: Mapping[UUID, Person] = {}
        if call.actor.may(Permission.READ_PATIENTS):
            named, patients = _people(call, ids, point, after)
            reached = min(reached, named)
        lines = []
        for id_ in ids:
            patient = patients.get(id_)
            line = present_enrolment(call, session, id_) | {"patient_id": patient.patient_id if patient else id_}
            lines.append(line | {"patient": present_patient_name(patient)})
        answer = collected("roster", lines, next_cursor, reached)
        etag = session.version if point.position is None else None
        return Answer({**answer.body, "version": session.version, "seats": session.seats}, version=etag)

    return await call.read(Permission.READ_VISITS, roster)


@routes.get("/patients/{patient_id}/enrolments", response_model=PatientEnrolmentPage, responses=READS_ONE)
async def list_enrolments(
    patient_id: UUID, call: Reading, limit: Limit = 50, cursor: Cursor = None, after: After = None
) -> Response:
    """List the sessions that a patient is or was enrolled in or waits for, in order of their start.

    Those of patients merged into this one are included. A key that is bound to a clinician gets
    only that clinician's sessions.
    """

    def enrolments() -> Answer:
        person, tenant_id = person_of(call.log, patient_id), call.actor.tenant_id
        behind = bookmark(cursor)
        reached = call.container.wait_for(tenant_id, "calendar", after)
        found = call.container.scheduling.calendar.enrolments(
            tenant_id, person.ids, clinician_id=call.actor.clinician_id, after=behind, limit=limit
        )
        zone = DisplayContext(call.log, after=reached).zone
        shown = [
            {
                "patient_id": person.ids[0],
                "status": each.status,
                "attended": each.attended,
                "cancelled_at": each.cancelled_at,
                "cancelled_by": each.cancelled_by,
                "cancelled_late": each.cancelled_late,
                "since": each.since,
                "session": present_session_entry(each.session, zone(each.session.location_id)),
            }
            for each in found.entries
        ]
        return collected("enrolments", shown, encoded_bookmark(found.after), reached)

    return await call.read(Permission.READ_VISITS, enrolments)


def _people(
    call: Call, ids: Collection[UUID], point: PointInTime, after: int | None
) -> tuple[int, Mapping[UUID, Person]]:
    """Return the position of the names, and the person behind each id, at a point in time."""
    if point.position is not None:
        return point.position, DisplayContext(call.log, point.position).people(ids)
    reached = call.container.wait_for(call.actor.tenant_id, "patients", after)
    return reached, call.container.patients.survivors_of(call.actor.tenant_id, ids)
