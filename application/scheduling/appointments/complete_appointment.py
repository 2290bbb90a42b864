"""Closes an appointment that took place."""

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange, commit_change
from application.scheduling.reach import own_appointment
from domain.scheduling.appointments.appointment import Appointment


class CompleteAppointment(AppointmentChange, Command[Appointment]):
    """The visit is over."""


@handles(CompleteAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def complete_appointment(log: PracticeLog, command: CompleteAppointment, context: Context) -> Outcome[Appointment]:
    """Raises what ``Appointment.complete`` raises."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    appointment.complete(context.now)
    return commit_change(log, appointment, before, context)
