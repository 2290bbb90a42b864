"""Declines a requested appointment, with a reason or without."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChangingHandler
from domain.scheduling.appointments.appointment import Appointment


@dataclass(frozen=True, slots=True)
class DeclineAppointment:
    """``reason`` is free text about a patient: personal, 1 to 1000 characters; None where none is given."""

    id: UUID
    reason: str | None
    expected_version: int | None = None


class DeclineAppointmentHandler(AppointmentChangingHandler[DeclineAppointment]):
    """Carries out DeclineAppointment; from now on the request does not count any more."""

    def change(self, log: PracticeLog, thing: Appointment, command: DeclineAppointment) -> None:
        thing.decline(command.reason, self._clock.now())
