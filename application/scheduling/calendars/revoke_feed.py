"""Revokes a feed."""

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.calendars.open_feed import authorise_feed
from domain.scheduling.calendars.feed import Feed


class RevokeFeed(Change[Feed]):
    """The token stops working. A repeat records nothing."""


def _own_feed(log: PracticeLog, actor: Actor, command: RevokeFeed) -> None:
    authorise_feed(actor, log.load(Feed, command.id).clinician_id)


@handles(RevokeFeed, needs=Permission.SHARE_CALENDARS, within=_own_feed)
def revoke_feed(log: PracticeLog, command: RevokeFeed, context: Context) -> Outcome[Feed]:
    feed = log.load(Feed, command.id, command.expected_version)
    feed.revoke(context.now)
    return log.commit(feed, by=context.provenance)
