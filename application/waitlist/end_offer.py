"""Ends an offer that is not accepted: the person declines it, or staff take it back."""

from abc import abstractmethod
from datetime import datetime

from application.kernel.handlers import UpdateHandler
from application.kernel.outcome import Outcome
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange
from application.waitlist.offer_endings import Endings
from domain.kernel.provenance import Provenance
from domain.waitlist.offer import Offer, OfferEndReason


class EndOffer(AppointmentChange):
    """The time is not kept for this person any more; they keep their place."""


class _EndingHandler(UpdateHandler[EndOffer, Offer]):
    """The offer, and its opening that gives the time back once nobody else can accept it, are recorded in one append."""

    kind = Offer
    tries = 12
    """Answers to one time come together, and each that is first costs the others a try."""

    def decide(self, log: PracticeLog, command: EndOffer, by: Provenance) -> Outcome[Offer]:
        now = self._clock.now()
        offer = self.load(log, command)
        endings = Endings(log, now)
        if how := self.end(offer, now):
            endings.note(offer, how)
        return Outcome(offer, log.record(offer, *endings.things, by=by, releases=endings.releases))

    @abstractmethod
    def end(self, offer: Offer, now: datetime) -> str | None:
        """Return how it ended; None if nothing was recorded."""

    def change(self, log: PracticeLog, thing: Offer, command: EndOffer) -> None:
        """All that ends with it is asked in ``decide``."""


class DeclineOfferHandler(_EndingHandler):
    """The person says no. The time goes to whoever is next."""

    def end(self, offer: Offer, now: datetime) -> str | None:
        """Raises OfferEndedError, OfferExpiredError."""
        return "declined" if offer.decline(now) else None


class WithdrawOfferHandler(_EndingHandler):
    """Staff take it back; what was answered or has expired stays so."""

    def end(self, offer: Offer, now: datetime) -> str | None:
        return "withdrawn" if offer.withdraw(OfferEndReason.BY_STAFF, now) else None
