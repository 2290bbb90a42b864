"""Declines a requested appointment, with a reason or without."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import commit_change
from application.scheduling.reach import own_appointment
from domain.scheduling.appointments.appointment import Appointment


@dataclass(frozen=True, slots=True)
class DeclineAppointment(Command[Appointment]):
    """``reason`` is free text about a patient: personal, 1 to 1000 characters; None where none is given."""

    id: UUID
    reason: str | None
    expected_version: int | None = None


@handles(DeclineAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def decline_appointment(log: PracticeLog, command: DeclineAppointment, context: Context) -> Outcome[Appointment]:
    """Raises what ``Appointment.decline`` raises."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    appointment.decline(command.reason, context.now)
    return commit_change(log, appointment, before, context)
