"""Closes an appointment that took place."""

from application.handlers import ChangingHandler
from application.practice_log import PracticeLog
from application.scheduling.appointment_change import AppointmentChange
from domain.scheduling.appointment import Appointment


class CompleteAppointment(AppointmentChange):
    """The visit is over."""


class CompleteAppointmentHandler(ChangingHandler[CompleteAppointment, Appointment]):
    """Carries out CompleteAppointment; the visit keeps its time."""

    kind = Appointment

    def change(self, log: PracticeLog, thing: Appointment, command: CompleteAppointment) -> None:
        thing.complete(self._clock.now())
