"""Changes what somebody on the wait list waits for; their place stays."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.handlers import ChangingHandler
from application.practice_log import PracticeLog
from application.waitlist.join_waitlist import require_possible
from domain.scheduling.waitlist_entry import WaitlistEntry
from domain.time_range import TimeRange


class WishChanges(TypedDict, total=False):
    clinician_id: UUID | None
    windows: tuple[TimeRange, ...]
    notice_minutes: int


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """What is left out stays as it is."""

    id: UUID
    changes: WishChanges
    expected_version: int | None = None


class ChangeEntryHandler(ChangingHandler[ChangeEntry, WaitlistEntry]):
    """Carries out ChangeEntry. What was offered before stays offered."""

    kind = WaitlistEntry

    def change(self, log: PracticeLog, thing: WaitlistEntry, command: ChangeEntry) -> None:
        """Raises NoLongerWaitingError; InvalidValueError; NotFoundError: no such clinician; ClinicianNotOfferingError."""
        wish = replace(thing.wish, **command.changes)
        if wish.clinician_id != thing.wish.clinician_id:
            require_possible(log, thing.service_id, wish)
        thing.change(wish, self._clock.now())
