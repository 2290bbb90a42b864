"""Withdraw an entry from the wait list, with its open offers."""

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.waitlist.end_offer import OfferEndings
from application.waitlist.reach import own_entry
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import OfferEndReason


class WithdrawEntry(Change[WaitlistEntry]):
    """A repeat records nothing."""


@handles(WithdrawEntry, needs=Permission.CHANGE_VISITS, within=own_entry)
def withdraw_entry(log: PracticeLog, command: WithdrawEntry, context: Context) -> Outcome[WaitlistEntry]:
    """Raises NoLongerWaitingError: the entry was served."""
    entry = log.load(WaitlistEntry, command.id, command.expected_version)
    endings = OfferEndings(log, context.now)
    if entry.withdraw(context.now):
        endings.withdraw(entry.offers_at(context.now), OfferEndReason.LEFT)
    return log.commit(entry, *endings.aggregates, by=context.provenance, guards=endings.releases)
