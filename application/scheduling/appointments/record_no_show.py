"""Closes an appointment to which the patient did not come."""

from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange, AppointmentChangingHandler
from domain.scheduling.appointments.appointment import Appointment


class RecordNoShow(AppointmentChange):
    """The patient did not come; the time is given up."""


class RecordNoShowHandler(AppointmentChangingHandler[RecordNoShow]):
    """Carries out RecordNoShow."""

    def change(self, log: PracticeLog, thing: Appointment, command: RecordNoShow) -> None:
        thing.mark_no_show(self._clock.now())
