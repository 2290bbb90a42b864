"""Changes what somebody on the wait list waits for; their place stays."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from application.waitlist.join_waitlist import require_possible
from domain.kernel.time_range import TimeRange
from domain.waitlist.entry import WaitlistEntry


class PreferencesChanges(TypedDict, total=False):
    clinician_id: UUID | None
    windows: tuple[TimeRange, ...]
    notice_minutes: int


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """What is left out stays as it is."""

    id: UUID
    changes: PreferencesChanges
    expected_version: int | None = None


class ChangeEntryHandler(UpdateHandler[ChangeEntry, WaitlistEntry]):
    """Carries out ChangeEntry. What was offered before stays offered."""

    kind = WaitlistEntry

    def change(self, log: PracticeLog, thing: WaitlistEntry, command: ChangeEntry) -> None:
        """Raises NoLongerWaitingError; InvalidValueError; NotFoundError: no such clinician; ClinicianNotOfferingError."""
        preferences = replace(thing.preferences, **command.changes)
        if preferences.clinician_id != thing.preferences.clinician_id:
            require_possible(log, thing.service_id, preferences)
        thing.change(preferences, self._clock.now())
