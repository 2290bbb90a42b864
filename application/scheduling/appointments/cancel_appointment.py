"""Cancels an appointment, with a reason."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChangingHandler
from domain.scheduling.appointments.appointment import Appointment


@dataclass(frozen=True, slots=True)
class CancelAppointment:
    """``reason`` is free text about a patient: personal, 1 to 1000 characters."""

    id: UUID
    reason: str
    expected_version: int | None = None


class CancelAppointmentHandler(AppointmentChangingHandler[CancelAppointment]):
    """Carries out CancelAppointment."""

    def change(self, log: PracticeLog, thing: Appointment, command: CancelAppointment) -> None:
        thing.cancel(command.reason, self._clock.now())
