"""Closes an appointment to which the patient did not come."""

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange, commit_change
from application.scheduling.reach import own_appointment
from domain.scheduling.appointments.appointment import Appointment


class RecordNoShow(AppointmentChange, Command[Appointment]):
    """The patient did not come; the time is given up."""


@handles(RecordNoShow, needs=Permission.CHANGE_VISITS, within=own_appointment)
def record_no_show(log: PracticeLog, command: RecordNoShow, context: Context) -> Outcome[Appointment]:
    """Raises what ``Appointment.mark_no_show`` raises."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    appointment.mark_no_show(context.now)
    return commit_change(log, appointment, before, context)
