"""Undoes the last command on an appointment."""

from application.practice_log import PracticeLog
from application.scheduling.appointment_change import AppointmentChange, AppointmentChangingHandler
from domain.scheduling.appointment import Appointment


class UndoAppointment(AppointmentChange):
    """The last command was a mistake."""


class UndoAppointmentHandler(AppointmentChangingHandler[UndoAppointment]):
    """Carries out UndoAppointment; time that the visit had before is taken back, or the undo is refused: time_taken."""

    def change(self, log: PracticeLog, thing: Appointment, command: UndoAppointment) -> None:
        """Raises NothingToUndoError, AlreadyStartedError, TooLateToUndoError."""
        thing.undo(self._clock.now())
