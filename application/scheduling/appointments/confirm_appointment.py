"""Confirms a requested appointment: from now on it takes its time."""

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange, commit_change
from application.scheduling.availability.agreed_slot import slot_as_agreed
from application.scheduling.reach import own_appointment
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status


class ConfirmAppointment(AppointmentChange, Command[Appointment]):
    """The practice agrees to the request. Confirming twice changes nothing the second time."""


@handles(ConfirmAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def confirm_appointment(log: PracticeLog, command: ConfirmAppointment, context: Context) -> Outcome[Appointment]:
    """Use another resource of the same kind where one was taken since the request.

    Raises what ``slot_as_agreed`` raises: the time was taken, or the clinician is away.
    """
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    resource_ids = appointment.resource_ids
    if appointment.status == Status.REQUESTED:
        slot = slot_as_agreed(log, appointment, appointment.clinician_id, context.now)
        resource_ids = list(slot.resource_ids)
    appointment.confirm(resource_ids, context.now)
    return commit_change(log, appointment, before, context, keeps_limits=True)
