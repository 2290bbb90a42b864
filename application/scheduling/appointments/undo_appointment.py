"""Undoes the last command on an appointment."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import commit_change
from application.scheduling.reach import own_appointment
from domain.scheduling.appointments.appointment import Appointment


@dataclass(frozen=True, slots=True)
class UndoAppointment(Command[Appointment]):
    """The last command was a mistake; or ``act`` was, after which at most the notes were changed."""

    id: UUID
    expected_version: int | None = None
    act: str | None = None


_GIVES_TIME_UP: Final = ("cancelled", "rescheduled", "reassigned")
"""Undoing these takes time back, which others may have filled since; undoing attendance takes none."""


@handles(UndoAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def undo_appointment(log: PracticeLog, command: UndoAppointment, context: Context) -> Outcome[Appointment]:
    """Time that the visit had before is claimed again, or the undo is refused. Raises what ``undoable`` raises."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    appointment.undo(context.now, command.act)
    takes_time_back = any(
        isinstance(event, Appointment.Undone) and event.act in _GIVES_TIME_UP for event in appointment.pending_events
    )
    return commit_change(log, appointment, before, context, keeps_limits=takes_time_back)
