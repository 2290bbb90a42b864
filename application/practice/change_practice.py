"""Changes the settings of a practice."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.kernel.handlers import UpdateHandler
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
class ChangePractice:
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


class ChangePracticeHandler(UpdateHandler[ChangePractice, Practice]):
    kind = Practice

    def change(self, log: PracticeLog, thing: Practice, command: ChangePractice) -> None:
        """Raises InvalidValueError (also holidays that are not known), UnknownZoneError."""
        now = self._clock.now()
        thing.change_settings(replace(thing.settings, **command.changes), now)
        if command.keeps_holidays:
            thing.keep_holidays(checked_holidays(log, command.holidays) if command.holidays else None, now)
        if command.pending_counts is not None:
            thing.count_pending(command.pending_counts, now)
        auto_fill = thing.auto_fill if command.auto_fill is None else command.auto_fill
        thing.fill_from_waitlist(auto_fill, command.offer_minutes or thing.offer_minutes, now)
