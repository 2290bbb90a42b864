"""End offers without a booking, and release time that nobody can accept any more."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.waitlist.reach import own_offer
from domain.kernel.aggregate import Aggregate
from domain.scheduling.time_claim import TimeRelease
from domain.waitlist.offer import Offer, OfferEndReason
from domain.waitlist.opening import Opening

TRIES: Final = 12
"""How often an answer is decided: each answer of another patient to the same time costs a try."""


class DeclineOffer(Change[Offer]):
    """The patient keeps the place in line; the time is offered to the next one."""


class WithdrawOffer(Change[Offer]):
    """Withdraw an open offer; one that was answered or has expired stays as it is."""


@handles(DeclineOffer, needs=Permission.CHANGE_VISITS, within=own_offer, tries=TRIES)
def decline_offer(log: PracticeLog, command: DeclineOffer, context: Context) -> Outcome[Offer]:
    """Raises OfferEndedError, OfferExpiredError."""
    offer = log.load(Offer, command.id, command.expected_version)
    return _commit(log, offer, "declined" if offer.decline(context.now) else None, context)


@handles(WithdrawOffer, needs=Permission.CHANGE_VISITS, within=own_offer, tries=TRIES)
def withdraw_offer(log: PracticeLog, command: WithdrawOffer, context: Context) -> Outcome[Offer]:
    offer = log.load(Offer, command.id, command.expected_version)
    is_withdrawn = offer.withdraw(OfferEndReason.BY_STAFF, context.now)
    return _commit(log, offer, "withdrawn" if is_withdrawn else None, context)


def _commit(log: PracticeLog, offer: Offer, how: str | None, context: Context) -> Outcome[Offer]:
    """Record the offer and its opening, which releases the time if no other offer of it is open."""
    endings = OfferEndings(log, context.now)
    if how is not None:
        endings.note(offer, how)
    return log.commit(offer, *endings.aggregates, by=context.provenance, guards=endings.releases)


class OfferEndings:
    """The offers that one command ends, and their openings, each of which is read once."""

    def __init__(self, log: PracticeLog, now: datetime) -> None:
        self._log = log
        self._now = now
        self._openings: dict[UUID, Opening] = {}
        self._offers: list[Offer] = []

    def opening(self, id: UUID) -> Opening:
        """Return an opening, with this command's changes to it. Raises NotFoundError."""
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
