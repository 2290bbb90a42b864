"""/v1/appointments: asked for, booked, moved, cancelled, closed, undone."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import Call, Changing, Creating, Showing
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, changed, made
from api.scheduling.appointments.presenters import shower
from api.scheduling.appointments.schemas import (
    AppointmentBody,
    AppointmentInFull,
    CancelBody,
    DeclineBody,
    Empty,
    NotesBody,
    ReassignBody,
    RescheduleBody,
    UndoAppointmentBody,
)
from application.kernel.commands import Command
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome
from application.scheduling.appointments.book_appointment import BookAppointment, Booked
from application.scheduling.appointments.cancel_appointment import CancelAppointment
from application.scheduling.appointments.change_notes import ChangeNotes
from application.scheduling.appointments.confirm_appointment import ConfirmAppointment
from application.scheduling.appointments.decline_appointment import DeclineAppointment
from application.scheduling.appointments.reassign_appointment import ReassignAppointment
from application.scheduling.appointments.record_attendance import CheckInAppointment, CompleteAppointment, RecordNoShow
from application.scheduling.appointments.reschedule_appointment import RescheduleAppointment
from application.scheduling.appointments.undo_appointment import UndoAppointment
from domain.scheduling.appointments.appointment import Appointment

routes = APIRouter(prefix="/v1/appointments", tags=["scheduling"])


@routes.post("", status_code=201, response_model=AppointmentInFull, responses=MAKES)
async def book_appointment(body: AppointmentBody, call: Creating) -> Response:
    """Book or request a visit. Refused if the time is not free: `time_taken`, `buffer`, `busy_elsewhere`, `outside_hours`, `not_on_grid`,
    `minimum_notice`, `beyond_horizon`, `in_the_past`, `resource_unavailable`, `daily_limit`, `weekly_limit`, `clinician_not_offering`;
    `hold_mismatch`: the hold is for something else. With `override` it is booked nevertheless, and the answer's `override` lists what
    stood against it. A key that is bound to a clinician books that one, where it may be anyone. A patient
    who was merged into another one is refused, and that one is named: `patient_merged`."""
    command = BookAppointment(
        body.patient_id,
        body.service_id,
        body.clinician_id or call.actor.clinician_id,
        body.starts_at,
        tuple(body.resource_ids),
        tuple(body.preferred_clinician_ids),
        is_request=body.status == "requested",
        hold_id=body.hold_id,
        override_reason=body.override.reason if body.override else None,
        notes=body.notes,
    )

    def present(outcome: Outcome[Appointment]) -> Answer:
        standing_of = (lambda _: outcome.patient) if isinstance(outcome, Booked) else None
        return made(outcome, routes.prefix, shower(call, standing_of))

    return await call.execute(command, present)


@routes.get("/{appointment_id}", response_model=AppointmentInFull, responses=READS_ONE)
async def get_appointment(appointment_id: UUID, call: Showing) -> Response:
    """One appointment, as its log says at this moment or said at another: with the standing of its patient, and the clocks, of then."""
    return await call.show_at(
        Permission.READ_VISITS, Appointment, appointment_id, lambda moment: shower(call, position=moment.position)
    )


@routes.patch("/{appointment_id}", response_model=AppointmentInFull, responses=CHANGES)
async def change_notes(appointment_id: UUID, body: NotesBody, call: Changing) -> Response:
    """Change what staff should know of a visit, whatever has become of it; nothing else of it changes. Refused for a patient who was
    erased: `patient_erased`."""
    return await _change(call, ChangeNotes(appointment_id, body.notes, expected_version=call.expected_version))


@routes.post("/{appointment_id}/confirm", response_model=AppointmentInFull, responses=CHANGES)
async def confirm_appointment(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Agree to a request: from now on it takes its time. Refused as a booking is if the time was taken since; it then stays a request.
    Confirming twice changes nothing the second time."""
    return await _change(call, ConfirmAppointment(appointment_id, expected_version=call.expected_version))


@routes.post("/{appointment_id}/decline", response_model=AppointmentInFull, responses=CHANGES)
async def decline_appointment(appointment_id: UUID, call: Changing, body: DeclineBody | None = None) -> Response:
    """Decline a request. Declining twice changes nothing the second time."""
    command = DeclineAppointment(appointment_id, body.reason if body else None, expected_version=call.expected_version)
    return await _change(call, command)


@routes.post("/{appointment_id}/reschedule", response_model=AppointmentInFull, responses=CHANGES)
async def reschedule_appointment(appointment_id: UUID, body: RescheduleBody, call: Changing) -> Response:
    """Move a visit to another time of the same clinician; refused as a booking is. Moving it to its own time changes nothing."""
    command = RescheduleAppointment(appointment_id, body.starts_at, expected_version=call.expected_version)
    return await _change(call, command)


@routes.post("/{appointment_id}/reassign", response_model=AppointmentInFull, responses=CHANGES)
async def reassign_appointment(appointment_id: UUID, body: ReassignBody, call: Changing) -> Response:
    """Give a visit to another clinician or other rooms and devices, at its own time; refused if they are not free or not there."""
    resource_ids = None if body.resource_ids is None else tuple(body.resource_ids)
    command = ReassignAppointment(
        appointment_id, body.clinician_id, resource_ids, expected_version=call.expected_version
    )

    return await _change(call, command)


@routes.post("/{appointment_id}/undo", response_model=AppointmentInFull, responses=CHANGES)
async def undo_appointment(appointment_id: UUID, call: Changing, body: UndoAppointmentBody | None = None) -> Response:
    """Undo the last command: what was agreed on until the visit starts, whether the patient came until a day after it, a change of the
    notes at any time. Time that the visit gives back is taken again, or `time_taken`. A booking is archived, not cancelled. An undo is not
    undone: `nothing_to_undo`. Name the `act` to undo that one and no other: notes that were written since are then kept, and `not_last`
    says that something else came after it."""
    command = UndoAppointment(appointment_id, body.act if body else None, expected_version=call.expected_version)
    return await _change(call, command)


@routes.post("/{appointment_id}/cancel", response_model=AppointmentInFull, responses=CHANGES)
async def cancel_appointment(appointment_id: UUID, body: CancelBody, call: Changing) -> Response:
    """Cancel a visit before it starts. Cancelling twice changes nothing the second time."""
    return await _change(call, CancelAppointment(appointment_id, body.reason, expected_version=call.expected_version))


@routes.post("/{appointment_id}/check-in", response_model=AppointmentInFull, responses=CHANGES)
async def check_in_appointment(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Note that the patient has arrived."""
    return await _change(call, CheckInAppointment(appointment_id, expected_version=call.expected_version))


@routes.post("/{appointment_id}/complete", response_model=AppointmentInFull, responses=CHANGES)
async def complete_appointment(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Close a visit that took place."""
    return await _change(call, CompleteAppointment(appointment_id, expected_version=call.expected_version))


@routes.post("/{appointment_id}/no-show", response_model=AppointmentInFull, responses=CHANGES)
async def record_no_show(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Close a visit to which the patient did not come; its time is given up."""
    return await _change(call, RecordNoShow(appointment_id, expected_version=call.expected_version))


async def _change(call: Call, command: Command[Appointment]) -> Response:
    return await call.execute(command, lambda outcome: changed(outcome, shower(call)))
