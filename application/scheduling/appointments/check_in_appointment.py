"""Notes that the patient has arrived."""

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange
from domain.scheduling.appointments.appointment import Appointment


class CheckInAppointment(AppointmentChange):
    """The patient is here."""


class CheckInAppointmentHandler(UpdateHandler[CheckInAppointment, Appointment]):
    """Carries out CheckInAppointment; the visit keeps its time."""

    kind = Appointment

    def change(self, log: PracticeLog, thing: Appointment, command: CheckInAppointment) -> None:
        thing.check_in(self._clock.now())
