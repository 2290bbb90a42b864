"""GET /v1/appointments/{id}/invitation.ics, /v1/sessions/{id}/invitation.ics: a visit or a seat for the patient's own calendar."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Response

from api.http.calendar_file import ICALENDAR, CalendarFile, seen_by
from api.http.calls import Call, Reading
from api.http.resource_responses import problems
from application.kernel.permissions import Permission
from application.patients.person import person_of
from application.scheduling.calendars.calendar_visit import CalendarVisit, Person, spoken, uid_of
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.practice import Practice
from domain.practice.service import Service
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import HOLDING, Status
from domain.scheduling.errors import NotConfirmedError
from domain.scheduling.sessions.errors import NotEnrolledError
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.group_session_events import CalendarChange

routes = APIRouter(prefix="/v1", tags=["scheduling"])


@routes.get(
    "/appointments/{appointment_id}/invitation.ics",
    response_class=Response,
    responses={**ICALENDAR, **problems(403, 404, 409, 422)},
)
async def get_invitation(appointment_id: UUID, call: Reading) -> Response:
    """The visit as a message to the patient's calendar: `METHOD:REQUEST` while it stands, `METHOD:CANCEL` once it does not. Its UID stays
    the same and its SEQUENCE rises with every change, so that a later message moves the visit or takes it out. Refused for what was only
    asked for: `not_confirmed`."""

    def invite() -> CalendarFile:
        appointment = call.log.load(Appointment, appointment_id)
        # One that was agreed to and taken back is called off.
        if not appointment.was_agreed:
            raise NotConfirmedError
        return CalendarFile(_invitation(call, appointment), seen_by(call.request))

    return await call.read(Permission.READ_PATIENTS, invite)


@routes.get(
    "/sessions/{session_id}/invitation.ics",
    response_class=Response,
    responses={**ICALENDAR, **problems(403, 404, 409, 422)},
)
async def get_invitation_to_session(session_id: UUID, patient_id: UUID, call: Reading) -> Response:
    """A patient's seat in a session as a message to their calendar: `METHOD:REQUEST` while they have it and the session stands,
    `METHOD:CANCEL` once one of both is over. It names nobody else on the roster. Refused for who never had a seat: `not_enrolled`."""

    def invite() -> CalendarFile:
        session, ids = call.log.load(GroupSession, session_id), person_of(call.log, patient_id).ids
        return CalendarFile(_seat(call, session, ids), seen_by(call.request))

    return await call.read(Permission.READ_PATIENTS, invite)


def _invitation(call: Call, appointment: Appointment) -> str:
    log = call.log
    patient = log.load(Patient, appointment.patient_id)
    patient = log.load(Patient, patient.merged_into) if patient.merged_into else patient
    is_cancelled = appointment.status not in (*HOLDING, Status.NO_SHOW)
    told = CalendarChange(appointment.version, appointment.modified_on)
    return _written(call, appointment, [appointment.clinician_id], patient, told, is_cancelled=is_cancelled)


def _seat(call: Call, session: GroupSession, person: Sequence[UUID]) -> str:
    """``person`` are the ids under which a patient is known, the survivor's first. Raises NotEnrolledError."""
    told = session.calendar_change_for(person)
    if told is None:
        raise NotEnrolledError
    is_cancelled = session.is_cancelled or session.roster.keys().isdisjoint(person)
    patient = call.log.load(Patient, person[0])
    return _written(call, session, session.staff_ids, patient, told, is_cancelled=is_cancelled)


def _written(
    call: Call,
    booked: Appointment | GroupSession,
    staff_ids: Sequence[UUID],
    patient: Patient,
    told: CalendarChange,
    *,
    is_cancelled: bool,
) -> str:
    log, catalogue = call.log, call.log.catalogue()
    practice = catalogue.one(Practice, log.tenant_id)
    staff = [catalogue.one(Clinician, clinician_id) for clinician_id in staff_ids]
    location = catalogue.one(Location, booked.location_id)
    names = [clinician.name for clinician in staff if isinstance(clinician.name, str)]
    visit = CalendarVisit(
        uid=uid_of(log.tenant_id, booked.id),
        version=told.version,
        revised_at=told.at,
        starts_at=booked.starts_at,
        ends_at=booked.ends_at,
        summary=str(catalogue.one(Service, booked.service_id).terms.name),
        location=location.name,
        description="\n".join([spoken(booked.starts_at, location.zone, patient.zone), *names]),
        is_cancelled=is_cancelled,
    )
    email = staff[0].email
    organizer = Person(practice.name, email if isinstance(email, str) else None)
    return call.container.scheduling.calendar_writer.invitation(visit, organizer, _person(patient))


def _person(patient: Patient) -> Person:
    """The patient as far as they are known; an erased one is nobody."""
    given, family, email = patient.given_name, patient.family_name, patient.email
    if patient.is_erased or not isinstance(given, str) or not isinstance(family, str):
        return Person(None, None)
    return Person(f"{given} {family}".strip(), email if isinstance(email, str) else None)
