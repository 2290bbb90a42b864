"""Cancels an appointment."""

from dataclasses import dataclass

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.appointments.appointment_change import commit_change
from application.scheduling.reach import own_appointment
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.cancellation import CancelledBy


@dataclass(frozen=True, slots=True)
class CancelAppointment(Change[Appointment]):
    """``reason`` is personal, 1 to 1000 characters; ``cancelled_by`` None: not stated."""

    reason: str
    cancelled_by: CancelledBy | None = None


@handles(CancelAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def cancel_appointment(log: PracticeLog, command: CancelAppointment, context: Context) -> Outcome[Appointment]:
    """Raises what ``Appointment.cancel`` raises."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    appointment.cancel(command.reason, context.now, command.cancelled_by)
    return commit_change(log, appointment, before, context)
