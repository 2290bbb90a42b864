"""What a command on a series answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from application.kernel.practice_log import Outcome
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.series.series import Series


@dataclass(frozen=True, slots=True)
class SeriesOutcome(Outcome[Series]):
    """The series as it was left at a position of the log, with the visits that the command touched, by their ids: they need no reading."""

    visits: Mapping[UUID, Appointment]
