"""Records the arrival of a patient, the end of a visit, or a no-show."""

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.appointments.appointment_change import commit_change
from application.scheduling.reach import own_appointment
from domain.scheduling.appointments.appointment import Appointment


class CheckInAppointment(Change[Appointment]):
    """The patient has arrived."""


class CompleteAppointment(Change[Appointment]):
    """The visit took place."""


class RecordNoShow(Change[Appointment]):
    """The patient did not come; the time is released."""


@handles(CheckInAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def check_in_appointment(log: PracticeLog, command: CheckInAppointment, context: Context) -> Outcome[Appointment]:
    """Raises what ``Appointment.check_in`` raises."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    appointment.check_in(context.now)
    return commit_change(log, appointment, before, context)


@handles(CompleteAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def complete_appointment(log: PracticeLog, command: CompleteAppointment, context: Context) -> Outcome[Appointment]:
    """Raises what ``Appointment.complete`` raises."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    appointment.complete(context.now)
    return commit_change(log, appointment, before, context)


@handles(RecordNoShow, needs=Permission.CHANGE_VISITS, within=own_appointment)
def record_no_show(log: PracticeLog, command: RecordNoShow, context: Context) -> Outcome[Appointment]:
    """Raises what ``Appointment.mark_no_show`` raises."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    appointment.mark_no_show(context.now)
    return commit_change(log, appointment, before, context)
