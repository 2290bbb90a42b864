"""/v1/appointments and /v1/holds: one visit from booking to completion, and held times."""

from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import Call, Changing, Creating, Showing
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, made
from api.scheduling.appointments.presenters import present_appointment, present_hold
from api.scheduling.appointments.schemas import (
    AppointmentBody,
    AppointmentInFull,
    CancelBody,
    DeclineBody,
    Empty,
    HoldBody,
    HoldShown,
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
from application.scheduling.appointments.place_hold import PlaceHold
from application.scheduling.appointments.reassign_appointment import ReassignAppointment
from application.scheduling.appointments.record_attendance import CheckInAppointment, CompleteAppointment, RecordNoShow
from application.scheduling.appointments.release_hold import ReleaseHold
from application.scheduling.appointments.reschedule_appointment import RescheduleAppointment
from application.scheduling.appointments.undo_appointment import UndoAppointment
from domain.kernel.money import Money
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold

routes = APIRouter(prefix="/v1", tags=["scheduling"])


@routes.post("/appointments", status_code=201, response_model=AppointmentInFull, responses=MAKES)
async def book_appointment(body: AppointmentBody, call: Creating) -> Response:
    """Book or request a visit.

    Refused if the time is not free: `time_taken`, `buffer`, `busy_elsewhere`, `outside_hours`,
    `not_on_grid`, `minimum_notice`, `beyond_horizon`, `in_the_past`, `resource_unavailable`,
    `daily_limit`, `weekly_limit`, `clinician_not_offering`, `clinician_left`; if the patient has
    another visit at this time, which `visit` names: `patient_busy`; if the hold is for something
    else: `hold_mismatch`; and for a merged patient, with the survivor's id: `patient_merged`. With
    `override` it is booked nevertheless, and the answer's `override` lists
    the broken rules. A key that is bound to a clinician books that one if any may be booked.
    """
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
        duration_minutes=body.duration_minutes,
    )

    def present(outcome: Outcome[Appointment]) -> Answer:
        standing = outcome.patient if isinstance(outcome, Booked) else None
        return made(outcome, "/v1/appointments", partial(present_appointment, call, standing=standing))

    return await call.execute(command, present)


@routes.get("/appointments/{appointment_id}", response_model=AppointmentInFull, responses=READS_ONE)
async def get_appointment(appointment_id: UUID, call: Showing) -> Response:
    """Return one appointment, now or in the past."""
    return await call.get_at(
        Permission.READ_VISITS,
        Appointment,
        appointment_id,
        lambda point: partial(present_appointment, call, position=point.position),
    )


@routes.patch("/appointments/{appointment_id}", response_model=AppointmentInFull, responses=CHANGES)
async def change_notes(appointment_id: UUID, body: NotesBody, call: Changing) -> Response:
    """Change the notes of a visit, whatever its status. Refused: `patient_erased`."""
    return await _change(call, ChangeNotes(appointment_id, body.notes, expected_version=call.expected_version))


@routes.post("/appointments/{appointment_id}/confirm", response_model=AppointmentInFull, responses=CHANGES)
async def confirm_appointment(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Confirm a request: it now takes its time. A repeat changes nothing.

    Refused as a booking is if the time is not free; it then stays a request.
    """
    return await _change(call, ConfirmAppointment(appointment_id, expected_version=call.expected_version))


@routes.post("/appointments/{appointment_id}/decline", response_model=AppointmentInFull, responses=CHANGES)
async def decline_appointment(appointment_id: UUID, call: Changing, body: DeclineBody | None = None) -> Response:
    """Decline a request. A repeat changes nothing."""
    command = DeclineAppointment(appointment_id, body.reason if body else None, expected_version=call.expected_version)
    return await _change(call, command)


@routes.post("/appointments/{appointment_id}/reschedule", response_model=AppointmentInFull, responses=CHANGES)
async def reschedule_appointment(appointment_id: UUID, body: RescheduleBody, call: Changing) -> Response:
    """Move a visit to another time, clinician, room, length or price, all at once.

    What is left out stays; its own place changes nothing. Refused as a booking is: its own time
    counts as free, and `override` moves it nevertheless.
    """
    command = RescheduleAppointment(
        appointment_id,
        body.starts_at,
        body.clinician_id,
        None if body.resource_ids is None else tuple(body.resource_ids),
        body.duration_minutes,
        body.override.reason if body.override else None,
        body.notify,
        Money(body.price.amount_minor, body.price.currency) if body.price else None,
        expected_version=call.expected_version,
    )
    return await _change(call, command)


@routes.post("/appointments/{appointment_id}/reassign", response_model=AppointmentInFull, responses=CHANGES)
async def reassign_appointment(appointment_id: UUID, body: ReassignBody, call: Changing) -> Response:
    """Give a visit another clinician, or other rooms and devices. Refused if they are not free."""
    resource_ids = None if body.resource_ids is None else tuple(body.resource_ids)
    command = ReassignAppointment(
        appointment_id, body.clinician_id, resource_ids, expected_version=call.expected_version
    )
    return await _change(call, command)


@routes.post("/appointments/{appointment_id}/undo", response_model=AppointmentInFull, responses=CHANGES)
async def undo_appointment(appointment_id: UUID, call: Changing, body: UndoAppointmentBody | None = None) -> Response:
    """Undo the last command.

    Booking and changes can be undone until the visit starts, attendance until a day after it,
    changes of the notes at any time. Released time is taken again, or `time_taken` or
    `patient_busy`. An undone booking is archived, not cancelled. An undo cannot be undone:
    `nothing_to_undo`. With `act` only that one is undone: later changes of the notes are kept;
    `not_last` if anything else followed.
    """
    command = UndoAppointment(appointment_id, act=body.act if body else None, expected_version=call.expected_version)
    return await _change(call, command)


@routes.post("/appointments/{appointment_id}/cancel", response_model=AppointmentInFull, responses=CHANGES)
async def cancel_appointment(appointment_id: UUID, body: CancelBody, call: Changing) -> Response:
    """Cancel a visit before it starts. A repeat changes nothing.

    The answer's `cancelled_late` tells whether it came later than the visit's cancellation notice
    allows.
    """
    command = CancelAppointment(appointment_id, body.reason, body.cancelled_by, expected_version=call.expected_version)
    return await _change(call, command)


@routes.post("/appointments/{appointment_id}/check-in", response_model=AppointmentInFull, responses=CHANGES)
async def check_in_appointment(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Record that the patient has arrived."""
    return await _change(call, CheckInAppointment(appointment_id, expected_version=call.expected_version))


@routes.post("/appointments/{appointment_id}/complete", response_model=AppointmentInFull, responses=CHANGES)
async def complete_appointment(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Record that a visit took place."""
    return await _change(call, CompleteAppointment(appointment_id, expected_version=call.expected_version))


@routes.post("/appointments/{appointment_id}/no-show", response_model=AppointmentInFull, responses=CHANGES)
async def record_no_show(appointment_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Record that the patient did not come; the time is released."""
    return await _change(call, RecordNoShow(appointment_id, expected_version=call.expected_version))


async def _change(call: Call, command: Command[Appointment]) -> Response:
    return await call.change(command, partial(present_appointment, call))


@routes.post("/holds", status_code=201, response_model=HoldShown, responses=MAKES)
async def place_hold(body: HoldBody, call: Creating) -> Response:
    """Hold a free time for up to ten minutes. Refused as a booking is.

    `too_many_holds`: a contact has at most 3 holds at once, an address (IPv6: a /64 network) 10.
    """
    address = body.client_address or _client_address(call)
    command = PlaceHold(**body.model_dump(exclude={"client_address"}), address=address)
    now = call.container.clock.now()
    return await call.create(command, "/v1/holds", lambda hold: present_hold(hold, now))


@routes.get("/holds/{hold_id}", response_model=HoldShown, responses=READS_ONE)
async def get_hold(hold_id: UUID, call: Showing) -> Response:
    """Return one hold and its status, now or in the past."""
    return await call.get_at(
        Permission.READ_VISITS, Hold, hold_id, lambda point: lambda hold: present_hold(hold, point.at)
    )


@routes.delete("/holds/{hold_id}", response_model=HoldShown, responses=CHANGES)
async def release_hold(hold_id: UUID, call: Changing) -> Response:
    """Release a held time. A used, released or expired hold stays as it is."""
    now = call.container.clock.now()
    return await call.change(
        ReleaseHold(hold_id, expected_version=call.expected_version), lambda hold: present_hold(hold, now)
    )


def _client_address(call: Call) -> IPv4Address | IPv6Address | None:
    """Return the address of the request, or None behind a socket without one."""
    try:
        return ip_address(call.request.client.host) if call.request.client else None
    except ValueError:
        return None
