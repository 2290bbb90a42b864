"""Undoes the last command on an appointment."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChangingHandler
from application.scheduling.availability.visit_caps import caps_on
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.availability.quotas import LimitGuard


@dataclass(frozen=True, slots=True)
class UndoAppointment:
    """The last command was a mistake; or ``act`` was, after which at most the notes were changed."""

    id: UUID
    expected_version: int | None = None
    act: str | None = None


class UndoAppointmentHandler(AppointmentChangingHandler[UndoAppointment]):
    """Carries out UndoAppointment; time that the visit had before is taken back, or the undo is refused: time_taken."""

    def change(self, log: PracticeLog, thing: Appointment, command: UndoAppointment) -> None:
        """Raises what ``undoable`` raises."""
        thing.undo(self._clock.now(), command.act)

    def caps(self, log: PracticeLog, thing: Appointment) -> Sequence[LimitGuard]:
        """What was given up may have been given to others since; whether the patient came is a fact that no limit changes."""
        gave_up = ("cancelled", "rescheduled", "reassigned")
        undone = [fact for fact in thing.pending_events if isinstance(fact, Appointment.Undone)]
        return caps_on(log.catalogue(at_least=0), thing) if any(fact.act in gave_up for fact in undone) else ()
