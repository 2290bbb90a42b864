"""Changes the settings of a practice."""

from dataclasses import dataclass, replace

from application.kernel.commands import Change, Changes, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.kernel.errors import InvalidValueError
from domain.practice.holiday_calendar import HolidayCalendar
from domain.practice.practice import Practice


@dataclass(frozen=True, slots=True)
class ChangePractice(Change[Practice]):
    """None leaves a setting unchanged; ``holidays`` apply only with ``sets_holidays``."""

    changes: Changes
    holidays: HolidayCalendar | None = None
    sets_holidays: bool = False
    pending_counts: bool | None = None
    auto_fill: bool | None = None
    offer_minutes: int | None = None


@handles(ChangePractice, needs=Permission.CHANGE_PRACTICE)
def change_practice(log: PracticeLog, command: ChangePractice, context: Context) -> Outcome[Practice]:
    """Raises InvalidValueError (also for unknown holidays), UnknownZoneError."""
    practice, now = log.load(Practice, command.id, command.expected_version), context.now
    practice.change_settings(replace(practice.settings, **command.changes), now)
    if command.sets_holidays:
        practice.keep_holidays(checked_holidays(log, command.holidays), now)
    if command.pending_counts is not None:
        practice.count_pending(command.pending_counts, now)
    auto_fill = practice.auto_fill if command.auto_fill is None else command.auto_fill
    practice.fill_from_waitlist(auto_fill, command.offer_minutes or practice.offer_minutes, now)
    return log.commit(practice, by=context.provenance)


def checked_holidays(log: PracticeLog, of: HolidayCalendar | None) -> HolidayCalendar | None:
    """Return the calendar unchanged. Raises InvalidValueError: it is not supported."""
    if of is None:
        return None
    subdivisions = log.public_holidays.subdivisions(of.country)
    if subdivisions is None:
        raise InvalidValueError("holidays.country", "the public holidays of this country are not known")
    if of.subdivision is not None and of.subdivision not in subdivisions:
        raise InvalidValueError("holidays.subdivision", "this country has no such subdivision with holidays of its own")
    return of
