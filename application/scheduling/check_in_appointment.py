"""Notes that the patient has arrived."""

from application.handlers import ChangingHandler
from application.practice_log import PracticeLog
from application.scheduling.appointment_change import AppointmentChange
from domain.scheduling.appointment import Appointment


class CheckInAppointment(AppointmentChange):
    """The patient is here."""


class CheckInAppointmentHandler(ChangingHandler[CheckInAppointment, Appointment]):
    """Carries out CheckInAppointment; the visit keeps its time."""

    kind = Appointment

    def change(self, log: PracticeLog, thing: Appointment, command: CheckInAppointment) -> None:
        thing.check_in(self._clock.now())
