"""Gives a held time back before its hold expires."""

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange
from domain.kernel.provenance import Provenance
from domain.scheduling.appointments.hold import Hold


class ReleaseHold(AppointmentChange):
    """The time is not wanted any more."""


class ReleaseHoldHandler(UpdateHandler[ReleaseHold, Hold]):
    """Carries out ReleaseHold; what is used, released or expired stays so."""

    kind = Hold

    def change(self, log: PracticeLog, thing: Hold, command: ReleaseHold) -> None:
        thing.release(self._clock.now())

    def record(self, log: PracticeLog, thing: Hold, by: Provenance) -> int:
        return log.record(thing, by=by, releases=[thing.id])
