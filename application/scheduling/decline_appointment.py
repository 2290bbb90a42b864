"""Declines a requested appointment, with a reason."""

from dataclasses import dataclass
from uuid import UUID

from application.handlers import ChangingHandler
from application.practice_log import PracticeLog
from domain.scheduling.appointment import Appointment


@dataclass(frozen=True, slots=True)
class DeclineAppointment:
    """``reason`` is free text about a patient: personal, 1 to 1000 characters."""

    id: UUID
    reason: str
    expected_version: int | None = None


class DeclineAppointmentHandler(ChangingHandler[DeclineAppointment, Appointment]):
    """Carries out DeclineAppointment; a request holds no time that could be given back."""

    kind = Appointment

    def change(self, log: PracticeLog, thing: Appointment, command: DeclineAppointment) -> None:
        thing.decline(command.reason, self._clock.now())
