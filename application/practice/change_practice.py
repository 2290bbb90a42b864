"""Changes the settings of a practice."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.practice.public_holidays import checked_holidays
from domain.practice.holiday_calendar import HolidayCalendar
from domain.practice.practice import Practice


class PracticeChanges(TypedDict, total=False):
    name: str
    zone: str
    currency: str
    locale: str


@dataclass(frozen=True, slots=True)
class ChangePractice(Command[Practice]):
    id: UUID
    changes: PracticeChanges
    holidays: HolidayCalendar | None = None
    keeps_holidays: bool = False
    """Whether ``holidays`` are said; if not, they stay as they are."""
    pending_counts: bool | None = None
    """Whether requests and holds count toward limits; None: as it is."""
    auto_fill: bool | None = None
    """Whether time that is given up is offered to those who wait; None: as it is."""
    offer_minutes: int | None = None
    """How long they have to answer; None: as it is."""
    expected_version: int | None = None


@handles(ChangePractice, needs=Permission.CHANGE_PRACTICE)
def change_practice(log: PracticeLog, command: ChangePractice, context: Context) -> Outcome[Practice]:
    """Raises InvalidValueError (also for unknown holidays), UnknownZoneError."""
    practice, now = log.load(Practice, command.id, command.expected_version), context.now
    practice.change_settings(replace(practice.settings, **command.changes), now)
    if command.keeps_holidays:
        practice.keep_holidays(checked_holidays(log, command.holidays) if command.holidays else None, now)
    if command.pending_counts is not None:
        practice.count_pending(command.pending_counts, now)
    auto_fill = practice.auto_fill if command.auto_fill is None else command.auto_fill
    practice.fill_from_waitlist(auto_fill, command.offer_minutes or practice.offer_minutes, now)
    return log.commit(practice, by=context.provenance)
