"""Releases a hold before it expires."""

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Actor, Permission, authorise_visit
from application.kernel.practice_log import Outcome, PracticeLog
from domain.scheduling.appointments.hold import Hold
from domain.scheduling.time_claim import TimeRelease


class ReleaseHold(Change[Hold]):
    """A hold that is used, released or expired stays as it is."""


def _own_hold(log: PracticeLog, actor: Actor, command: ReleaseHold) -> None:
    if actor.clinician_id is not None:
        authorise_visit(actor, log.load(Hold, command.id).clinician_id, "hold")


@handles(ReleaseHold, needs=Permission.CHANGE_VISITS, within=_own_hold)
def release_hold(log: PracticeLog, command: ReleaseHold, context: Context) -> Outcome[Hold]:
    hold = log.load(Hold, command.id, command.expected_version)
    hold.release(context.now)
    return log.commit(hold, by=context.provenance, guards=[TimeRelease(hold.id)])
