"""/v1/appointments: asked for, booked, moved, cancelled, closed, undone."""

from collections.abc import Callable
from typing import TypeVar
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
from application.kernel.handlers import Change, UpdateHandler
from application.kernel.permissions import Action, authorise, authorise_visit
from application.scheduling.appointments.book_appointment import BookAppointment, BookAppointmentHandler, Booked
from application.scheduling.appointments.cancel_appointment import CancelAppointment, CancelAppointmentHandler
from application.scheduling.appointments.change_notes import ChangeNotes, ChangeNotesHandler
from application.scheduling.appointments.check_in_appointment import CheckInAppointment, CheckInAppointmentHandler
from application.scheduling.appointments.complete_appointment import CompleteAppointment, CompleteAppointmentHandler
from application.scheduling.appointments.confirm_appointment import ConfirmAppointment, ConfirmAppointmentHandler
from application.scheduling.appointments.decline_appointment import DeclineAppointment, DeclineAppointmentHandler
from application.scheduling.appointments.reassign_appointment import ReassignAppointment, ReassignAppointmentHandler
from application.scheduling.appointments.record_no_show import RecordNoShow, RecordNoShowHandler
from application.scheduling.appointments.reschedule_appointment import (
    RescheduleAppointment,
    RescheduleAppointmentHandler,
)
from application.scheduling.appointments.undo_appointment import UndoAppointment, UndoAppointmentHandler
from domain.kernel.provenance import Provenance
from domain.scheduling.appointments.appointment import Appointment

routes = APIRouter(prefix="/v1/appointments", tags=["scheduling"])

C = TypeVar("C", bound=Change)


@routes.post("", status_code=201, response_model=AppointmentInFull, responses=MAKES)
async def book_appointment(body: AppointmentBody, call: Creating) -> Response:
    """Book or request a visit. Refused if the time is not free: `time_taken`, `buffer`, `busy_elsewhere`, `outside_hours`, `not_on_grid`,
    `minimum_notice`, `beyond_horizon`, `in_the_past`, `resource_unavailable`, `daily_limit`, `weekly_limit`, `clinician_not_offering`;
    `hold_mismatch`: the hold is for something else. With `override` it is booked nevertheless, and the answer's `override` lists what
    stood against it. A key that is bound to a clinician books that one, where it may be anyone. A patient
    who was merged into another one is refused, and that one is named: `patient_merged`."""
    if body.override is not None:
        authorise(call.actor, Action.DOUBLE_BOOK)
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

    def book(by: Provenance) -> Answer:
        if command.clinician_id is not None:
            authorise_visit(call.actor, command.clinician_id, "clinician")
        outcome = BookAppointmentHandler(call.container.logs, call.container.clock)(call.actor.tenant_id, command, by)
        standing_of = (lambda _: outcome.patient) if isinstance(outcome, Booked) else None
        return made(outcome, routes.prefix, shower(call, standing_of))

    return await call.write(Action.CHANGE_VISITS, book)


@routes.get("/{appointment_id}", response_model=AppointmentInFull, responses=READS_ONE)
async def get_appointment(appointment_id: UUID, call: Showing) -> Response:
    """One appointment, as its log says at this moment or said at another: with the standing of its patient, and the clocks, of then."""
    return await call.show_at(
        Action.READ_VISITS, Appointment, appointment_id, lambda moment: shower(call, position=moment.position)
    )


@routes.patch("/{appointment_id}", response_model=AppointmentInFull, responses=CHANGES)
async def change_notes(appointment_id: UUID, body: NotesBody, call: Changing) -> Response:
    """Change what staff should know of a visit, whatever has become of it; nothing else of it changes. Refused for a patient who was
    erased: `patient_erased`."""
    return await _change(call, ChangeNotesHandler, ChangeNotes(appointment_id, body.notes, call.expected_version))


@routes.post("/{appointment_id}/confirm", response_model=AppointmentInFull, responses=CHANGES)
async def confirm_appointment(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Agree to a request: from now on it takes its time. Refused as a booking is if the time was taken since; it then stays a request.
    Confirming twice changes nothing the second time."""
    return await _change(call, ConfirmAppointmentHandler, ConfirmAppointment(appointment_id, call.expected_version))


@routes.post("/{appointment_id}/decline", response_model=AppointmentInFull, responses=CHANGES)
async def decline_appointment(appointment_id: UUID, call: Changing, body: DeclineBody | None = None) -> Response:
    """Decline a request. Declining twice changes nothing the second time."""
    command = DeclineAppointment(appointment_id, body.reason if body else None, call.expected_version)
    return await _change(call, DeclineAppointmentHandler, command)


@routes.post("/{appointment_id}/reschedule", response_model=AppointmentInFull, responses=CHANGES)
async def reschedule_appointment(appointment_id: UUID, body: RescheduleBody, call: Changing) -> Response:
    """Move a visit to another time of the same clinician; refused as a booking is. Moving it to its own time changes nothing."""
    command = RescheduleAppointment(appointment_id, body.starts_at, call.expected_version)
    return await _change(call, RescheduleAppointmentHandler, command)


@routes.post("/{appointment_id}/reassign", response_model=AppointmentInFull, responses=CHANGES)
async def reassign_appointment(appointment_id: UUID, body: ReassignBody, call: Changing) -> Response:
    """Give a visit to another clinician or other rooms and devices, at its own time; refused if they are not free or not there."""
    resource_ids = None if body.resource_ids is None else tuple(body.resource_ids)
    command = ReassignAppointment(appointment_id, body.clinician_id, resource_ids, call.expected_version)

    def reach() -> None:
        if command.clinician_id is not None:
            authorise_visit(call.actor, command.clinician_id, "clinician")

    return await _change(call, ReassignAppointmentHandler, command, reach)


@routes.post("/{appointment_id}/undo", response_model=AppointmentInFull, responses=CHANGES)
async def undo_appointment(appointment_id: UUID, call: Changing, body: UndoAppointmentBody | None = None) -> Response:
    """Undo the last command: what was agreed on until the visit starts, whether the patient came until a day after it, a change of the
    notes at any time. Time that the visit gives back is taken again, or `time_taken`. A booking is archived, not cancelled. An undo is not
    undone: `nothing_to_undo`. Name the `act` to undo that one and no other: notes that were written since are then kept, and `not_last`
    says that something else came after it."""
    command = UndoAppointment(appointment_id, call.expected_version, body.act if body else None)
    return await _change(call, UndoAppointmentHandler, command)


@routes.post("/{appointment_id}/cancel", response_model=AppointmentInFull, responses=CHANGES)
async def cancel_appointment(appointment_id: UUID, body: CancelBody, call: Changing) -> Response:
    """Cancel a visit before it starts. Cancelling twice changes nothing the second time."""
    return await _change(
        call, CancelAppointmentHandler, CancelAppointment(appointment_id, body.reason, call.expected_version)
    )


@routes.post("/{appointment_id}/check-in", response_model=AppointmentInFull, responses=CHANGES)
async def check_in_appointment(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Note that the patient has arrived."""
    return await _change(call, CheckInAppointmentHandler, CheckInAppointment(appointment_id, call.expected_version))


@routes.post("/{appointment_id}/complete", response_model=AppointmentInFull, responses=CHANGES)
async def complete_appointment(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Close a visit that took place."""
    return await _change(call, CompleteAppointmentHandler, CompleteAppointment(appointment_id, call.expected_version))


@routes.post("/{appointment_id}/no-show", response_model=AppointmentInFull, responses=CHANGES)
async def record_no_show(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Close a visit to which the patient did not come; its time is given up."""
    return await _change(call, RecordNoShowHandler, RecordNoShow(appointment_id, call.expected_version))


async def _change(
    call: Call,
    handler: Callable[..., UpdateHandler[C, Appointment]],
    command: C,
    reach: Callable[[], None] = lambda: None,
) -> Response:
    """Carry out a change of a visit that is within the caller's reach, as is what ``reach`` looks at besides."""

    def change(by: Provenance) -> Answer:
        if call.actor.clinician_id is not None:
            authorise_visit(call.actor, call.log.load(Appointment, command.id).clinician_id)
            reach()
        carry_out = handler(call.container.logs, call.container.clock)
        return changed(carry_out(call.actor.tenant_id, command, by), shower(call))

    return await call.write(Action.CHANGE_VISITS, change)
