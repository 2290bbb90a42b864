"""Ends an offer that is not accepted: the person declines it, or staff withdraw it."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.waitlist.offer_endings import Endings
from application.waitlist.reach import own_offer
from domain.waitlist.offer import Offer, OfferEndReason

_TRIES: Final = 12
"""Answers to one time come together, and each that is first costs the others a try."""


@dataclass(frozen=True, slots=True)
class DeclineOffer(Command[Offer]):
    """The person does not want the time and keeps their place; the next one in line is offered it."""

    id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class WithdrawOffer(Command[Offer]):
    """Staff take the offer back; what was answered or has expired stays so."""

    id: UUID
    expected_version: int | None = None


@handles(DeclineOffer, needs=Permission.CHANGE_VISITS, within=own_offer, tries=_TRIES)
def decline_offer(log: PracticeLog, command: DeclineOffer, context: Context) -> Outcome[Offer]:
    """Raises OfferEndedError, OfferExpiredError."""
    offer = log.load(Offer, command.id, command.expected_version)
    return _commit(log, offer, "declined" if offer.decline(context.now) else None, context)


@handles(WithdrawOffer, needs=Permission.CHANGE_VISITS, within=own_offer, tries=_TRIES)
def withdraw_offer(log: PracticeLog, command: WithdrawOffer, context: Context) -> Outcome[Offer]:
    offer = log.load(Offer, command.id, command.expected_version)
    is_withdrawn = offer.withdraw(OfferEndReason.BY_STAFF, context.now)
    return _commit(log, offer, "withdrawn" if is_withdrawn else None, context)


def _commit(log: PracticeLog, offer: Offer, how: str | None, context: Context) -> Outcome[Offer]:
    """Record the offer, and its opening, which gives the time back once nobody else can accept it."""
    endings = Endings(log, context.now)
    if how is not None:
        endings.note(offer, how)
    return log.commit(offer, *endings.aggregates, by=context.provenance, guards=endings.releases)
