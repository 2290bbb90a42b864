"""Revokes a feed."""

from application.handlers import ChangingHandler
from application.practice_log import PracticeLog
from application.scheduling.appointment_change import AppointmentChange
from domain.scheduling.feed import Feed


class RevokeFeed(AppointmentChange):
    """Whoever has the token is to read no more. Revoking twice records nothing the second time."""


class RevokeFeedHandler(ChangingHandler[RevokeFeed, Feed]):
    kind = Feed

    def change(self, log: PracticeLog, thing: Feed, command: RevokeFeed) -> None:
        thing.revoke(self._clock.now())
