"""Moves an appointment: to another time, clinician, resources or length, all at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.appointments.appointment_change import commit_change
from application.scheduling.availability.own_terms import own_query
from application.scheduling.reach import own_appointment, own_clinicians
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.practice.service import checked_duration, checked_price
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status, refuse_fixed
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.override import OverrideResult, clean_override_reason, slot_with_override


@dataclass(frozen=True, slots=True)
class RescheduleAppointment(Change[Appointment]):
    """None keeps the start, clinician, length and price, and the resources if they are free.

    The buffers stay as they were booked. ``override_reason``: move against the rules, as
    ``BookAppointment`` has it. ``notify``: tell the patient.
    """

    starts_at: datetime | None = None
    clinician_id: UUID | None = None
    resource_ids: tuple[UUID, ...] | None = None
    duration_minutes: int | None = None
    override_reason: str | None = None
    notify: bool = True
    price: Money | None = None

    def __post_init__(self) -> None:
        new = (self.starts_at, self.clinician_id, self.resource_ids, self.duration_minutes, self.price)
        if all(each is None for each in new):
            raise InvalidValueError("starts_at", "name a start, a clinician, resources, a duration or a price")
        if self.price is not None:
            checked_price(self.price)
        if self.duration_minutes is not None:
            checked_duration(self.duration_minutes)
        if self.override_reason is not None:
            clean_override_reason(self.override_reason)


def _permission(command: RescheduleAppointment) -> Permission:
    return Permission.CHANGE_VISITS if command.override_reason is None else Permission.DOUBLE_BOOK


def _within_reach(log: PracticeLog, actor: Actor, command: RescheduleAppointment) -> None:
    own_appointment(log, actor, command)
    own_clinicians(actor, command.clinician_id)


@handles(RescheduleAppointment, needs=_permission, within=_within_reach)
def reschedule_appointment(log: PracticeLog, command: RescheduleAppointment, context: Context) -> Outcome[Appointment]:
    """Move the visit; to its own place records nothing. Its present time counts as free.

    Raises what ``slot_at`` raises; InvalidValueError: an override of a request; NotFoundError: no
    such clinician or resource.
    """
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    refuse_fixed(appointment.status)
    if command.override_reason is not None and appointment.status == Status.REQUESTED:
        raise InvalidValueError("override", "a request claims no time and cannot override rules; confirm it first")
    starts_at = command.starts_at or appointment.starts_at
    minutes = command.duration_minutes or appointment.duration_minutes
    to = TimeRange(starts_at, starts_at + timedelta(minutes=minutes))
    clinician_id = command.clinician_id or appointment.clinician_id
    keeps_place = (to, clinician_id) == (appointment.during, appointment.clinician_id)
    if keeps_place and command.resource_ids is None:
        appointment.reassign(
            clinician_id,
            appointment.location_id,
            appointment.resource_ids,
            context.now,
            price=command.price,
            notify=command.notify,
        )
        return commit_change(log, appointment, before, context)
    named = command.resource_ids or ()
    query = own_query(log, appointment, clinician_id, to, context.now, named)
    if command.override_reason is None:
        override = OverrideResult(slot_at(query, starts_at, named))
    else:
        override = slot_with_override(query, starts_at, named)
    slot = override.slot
    # On another day the clinician may be at another location.
    has_moved = appointment.reschedule(
        slot.during,
        slot.resource_ids,
        context.now,
        clinician_id=clinician_id,
        location_id=slot.location_id,
        price=command.price,
        notify=command.notify,
    )
    if has_moved and override.rules and command.override_reason is not None:
        # At the same time, the patient's overlap was overridden before.
        beside = dict.fromkeys((*override.beside, *appointment.beside))
        appointment.exempt(override.rules, override.overlaps, list(beside), command.override_reason, context.now)
    return commit_change(log, appointment, before, context, keeps_limits=not override.is_over_limits)
