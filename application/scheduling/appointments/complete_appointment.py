"""Closes an appointment that took place."""

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange
from domain.scheduling.appointments.appointment import Appointment


class CompleteAppointment(AppointmentChange):
    """The visit is over."""


class CompleteAppointmentHandler(UpdateHandler[CompleteAppointment, Appointment]):
    """Carries out CompleteAppointment; the visit keeps its time."""

    kind = Appointment

    def change(self, log: PracticeLog, thing: Appointment, command: CompleteAppointment) -> None:
        thing.complete(self._clock.now())
