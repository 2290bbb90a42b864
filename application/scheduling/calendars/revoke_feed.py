"""Revokes a feed."""

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange
from domain.scheduling.calendars.feed import Feed


class RevokeFeed(AppointmentChange):
    """Whoever has the token is to read no more. Revoking twice records nothing the second time."""


class RevokeFeedHandler(UpdateHandler[RevokeFeed, Feed]):
    kind = Feed

    def change(self, log: PracticeLog, thing: Feed, command: RevokeFeed) -> None:
        thing.revoke(self._clock.now())
