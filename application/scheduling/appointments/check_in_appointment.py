"""Notes that the patient has arrived."""

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange, commit_change
from application.scheduling.reach import own_appointment
from domain.scheduling.appointments.appointment import Appointment


class CheckInAppointment(AppointmentChange, Command[Appointment]):
    """The patient is here."""


@handles(CheckInAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def check_in_appointment(log: PracticeLog, command: CheckInAppointment, context: Context) -> Outcome[Appointment]:
    """Raises what ``Appointment.check_in`` raises."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    appointment.check_in(context.now)
    return commit_change(log, appointment, before, context)
