"""Change the preferences of a wait list entry."""

from dataclasses import dataclass, replace

from application.kernel.commands import Change, Changes, Context, handles
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.waitlist.join_waitlist import require_possible
from application.waitlist.reach import own_entry, own_waiting
from domain.waitlist.entry import WaitlistEntry


@dataclass(frozen=True, slots=True)
class ChangeEntry(Change[WaitlistEntry]):
    """Preferences that are left out stay unchanged."""

    changes: Changes


def _within_reach(log: PracticeLog, actor: Actor, command: ChangeEntry) -> None:
    own_entry(log, actor, command)
    if "clinician_id" in command.changes:
        own_waiting(actor, command.changes["clinician_id"])


@handles(ChangeEntry, needs=Permission.CHANGE_VISITS, within=_within_reach)
def change_entry(log: PracticeLog, command: ChangeEntry, context: Context) -> Outcome[WaitlistEntry]:
    """Change the preferences; the place in line and earlier offers stay.

    Raises NoLongerWaitingError, InvalidValueError; NotFoundError: the clinician does not exist;
    ClinicianNotOfferingError.
    """
    entry = log.load(WaitlistEntry, command.id, command.expected_version)
    preferences = replace(entry.preferences, **command.changes)
    if preferences.clinician_id != entry.preferences.clinician_id:
        require_possible(log, entry.service_id, preferences)
    entry.change(preferences, context.now)
    return log.commit(entry, by=context.provenance)
