"""Undoes the last command on an appointment."""

from dataclasses import dataclass
from typing import Final

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.appointments.appointment_change import commit_change
from application.scheduling.reach import own_appointment
from domain.scheduling.appointments.appointment import Appointment


@dataclass(frozen=True, slots=True)
class UndoAppointment(Change[Appointment]):
    """``act`` names the command to undo; None: the last one."""

    act: str | None = None


_GIVES_TIME_UP: Final = ("cancelled", "rescheduled", "reassigned")
"""Undoing these claims time again, so limits apply; undoing attendance does not."""


@handles(UndoAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def undo_appointment(log: PracticeLog, command: UndoAppointment, context: Context) -> Outcome[Appointment]:
    """Raises what ``Appointment.undo`` raises; TimeTakenError: the earlier time was taken since."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    appointment.undo(context.now, command.act)
    takes_time_back = any(
        isinstance(event, Appointment.Undone) and event.act in _GIVES_TIME_UP for event in appointment.pending_events
    )
    return commit_change(log, appointment, before, context, keeps_limits=takes_time_back)
