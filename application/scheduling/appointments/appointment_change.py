"""What commands on a booked appointment share: its claims on time follow what it decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from application.kernel.handlers import Change, UpdateHandler
from application.kernel.outcome import Outcome
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import expired_holders
from domain.kernel.provenance import Provenance
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.availability.quotas import LimitGuard

Changed = TypeVar("Changed", bound=Change, contravariant=True)


@dataclass(frozen=True, slots=True)
class AppointmentChange:
    """A command on one appointment, at the version that the caller has seen, if it says so."""

    id: UUID
    expected_version: int | None = None


class AppointmentChangingHandler(UpdateHandler[Changed, Appointment]):
    """For commands that move or give up time: old claims go and new ones come in the transaction of the event."""

    kind = Appointment

    def decide(self, log: PracticeLog, command: Changed, by: Provenance) -> Outcome[Appointment]:
        """As the base; a visit that keeps its time does not ask for it again: others may have been put beside it since."""
        thing = self.load(log, command)
        before = thing.claims()
        self.change(log, thing, command)
        if before and thing.claims() == before:
            return Outcome(thing, log.record(thing, by=by))
        return Outcome(thing, self.record(log, thing, by))

    def record(self, log: PracticeLog, thing: Appointment, by: Provenance) -> int:
        """Raises TimeTakenError: another visit has the new time, or took it first; LimitReachedError: others filled the day or week."""
        claims = thing.claims() if thing.pending_events else []
        if all(claim.pending for claim in claims):
            return log.record(thing, by=by, claims=claims, releases=[thing.id])
        around = TimeRange(min(c.during.starts_at for c in claims), max(c.during.ends_at for c in claims))
        found = log.reader.read_booking_context([claim.what for claim in claims], around).claims
        releases = [thing.id, *expired_holders(found, self._clock.now())]
        return log.record(thing, by=by, claims=claims, releases=releases, caps=self.caps(log, thing))

    def caps(self, log: PracticeLog, thing: Appointment) -> Sequence[LimitGuard]:
        """Return the limits that the change must keep: none, unless it brings the visit to another time or person."""
        return ()
