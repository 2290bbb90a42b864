"""Withdraw offers, and release time that nobody can accept any more, in one append."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from domain.kernel.aggregate import Aggregate
from domain.scheduling.time_claim import TimeRelease
from domain.waitlist.offer import Offer, OfferEndReason
from domain.waitlist.opening import Opening


class Endings:
    """The offers that one command ends, and their openings, each of which is read once."""

    def __init__(self, log: PracticeLog, now: datetime) -> None:
        self._log = log
        self._now = now
        self._openings: dict[UUID, Opening] = {}
        self._offers: list[Offer] = []

    def opening(self, id: UUID) -> Opening:
        """Return an opening with the changes that this command has made to it. Raises NotFoundError."""
        if id not in self._openings:
            self._openings[id] = self._log.load(Opening, id)
        return self._openings[id]

    def withdraw(self, offer_ids: Iterable[UUID], because: OfferEndReason) -> None:
        """Withdraw the offers that are still open."""
        for offer in self._log.load_all(Offer, list(offer_ids)).values():
            if offer.withdraw(because, self._now):
                self._offers.append(offer)
                if because is not OfferEndReason.TAKEN:
                    self.note(offer, "withdrawn")

    def note(self, offer: Offer, how: str) -> None:
        """Record the end of an offer in its opening."""
        opening = self.opening(offer.opening_id)
        if opening.filled_by is None:
            opening.end(offer.id, how, self._now)

    @property
    def aggregates(self) -> list[Aggregate]:
        """The aggregates to record."""
        return [*self._offers, *self._openings.values()]

    @property
    def releases(self) -> list[TimeRelease]:
        """The releases of openings whose time nobody can accept any more."""
        return [TimeRelease(opening.id) for opening in self._openings.values() if not opening.claims()]
