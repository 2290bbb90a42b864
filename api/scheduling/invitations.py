"""GET /v1/appointments/{id}/invitation.ics: a visit for the patient's own calendar."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.calendar_file import ICALENDAR, CalendarFile, seen_by
from api.calls import Reading
from api.things import problems
from application.icalendar.visits import Person, SharedVisit, invitation, spoken, uid_of
from application.permissions import Action
from application.practice_log import PracticeLog
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.practice import Practice
from domain.practice.service import Service
from domain.scheduling.appointment import Appointment
from domain.scheduling.errors import NotConfirmedError
from domain.scheduling.status import HOLDING, Status

routes = APIRouter(prefix="/v1/appointments", tags=["scheduling"])


@routes.get(
    "/{appointment_id}/invitation.ics",
    response_class=Response,
    responses={**ICALENDAR, **problems(403, 404, 409)},
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
        return CalendarFile(_invitation(call.log, appointment), seen_by(call.request))

    return await call.read(Action.READ_PATIENTS, invite)


def _invitation(log: PracticeLog, appointment: Appointment) -> str:
    catalogue = log.catalogue()
    practice = catalogue.one(Practice, log.tenant_id)
    clinician = catalogue.one(Clinician, appointment.clinician_id)
    location = catalogue.one(Location, appointment.location_id)
    patient = log.load(Patient, appointment.patient_id)
    patient = log.load(Patient, patient.merged_into) if patient.merged_into else patient
    name = clinician.name if isinstance(clinician.name, str) else None
    when = spoken(appointment.starts_at, location.zone, patient.zone)
    visit = SharedVisit(
        uid=uid_of(log.tenant_id, appointment.id),
        version=appointment.version,
        revised_at=appointment.modified_on,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        summary=str(catalogue.one(Service, appointment.service_id).fields["name"]),
        location=location.name,
        description=f"{when}\n{name}" if name else when,
        is_cancelled=appointment.status not in (*HOLDING, Status.NO_SHOW),
    )
    return invitation(
        visit,
        Person(practice.name, clinician.email if isinstance(clinician.email, str) else None),
        _person(patient),
    )


def _person(patient: Patient) -> Person:
    """The patient as far as they are known; an erased one is nobody."""
    given, family, email = patient.given_name, patient.family_name, patient.email
    if patient.is_erased or not isinstance(given, str) or not isinstance(family, str):
        return Person(None, None)
    return Person(f"{given} {family}".strip(), email if isinstance(email, str) else None)
