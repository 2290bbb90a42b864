"""What commands on a booked appointment share: its claims on time follow what it decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from application.handlers import Change, ChangingHandler
from application.practice_log import PracticeLog
from domain.provenance import Provenance
from domain.scheduling.appointment import Appointment
from domain.scheduling.quotas import VisitCap

Changed = TypeVar("Changed", bound=Change, contravariant=True)


@dataclass(frozen=True, slots=True)
class AppointmentChange:
    """A command on one appointment, at the version that the caller has seen, if it says so."""

    id: UUID
    expected_version: int | None = None


class AppointmentChangingHandler(ChangingHandler[Changed, Appointment]):
    """For commands that move or give up time: old claims go and new ones come in the transaction of the event."""

    kind = Appointment

    def record(self, log: PracticeLog, thing: Appointment, by: Provenance) -> int:
        """Raises TimeTakenError: another visit took the new time first; LimitReachedError: others filled the day or week first."""
        return log.record(thing, by=by, claims=thing.claims(), releases=[thing.id], caps=self.caps(log, thing))

    def caps(self, log: PracticeLog, thing: Appointment) -> Sequence[VisitCap]:
        """Return the limits that the change must keep: none, unless it brings the visit to another time or person."""
        return ()
