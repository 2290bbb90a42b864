"""Confirms a requested appointment, which then claims its time."""

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.appointments.appointment_change import commit_change
from application.scheduling.availability.own_terms import own_slot
from application.scheduling.reach import own_appointment
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status


class ConfirmAppointment(Change[Appointment]):
    """A repeat records nothing."""


@handles(ConfirmAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def confirm_appointment(log: PracticeLog, command: ConfirmAppointment, context: Context) -> Outcome[Appointment]:
    """Replace resources that were taken since. Raises what ``own_slot`` raises."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    resource_ids = appointment.resource_ids
    if appointment.status == Status.REQUESTED:
        slot = own_slot(log, appointment, appointment.clinician_id, context.now)
        resource_ids = list(slot.resource_ids)
    appointment.confirm(resource_ids, context.now)
    return commit_change(log, appointment, before, context, keeps_limits=True)
