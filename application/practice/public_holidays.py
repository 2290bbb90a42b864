"""Checks a holiday calendar against the countries whose public holidays are known."""

from application.kernel.practice_log import PracticeLog
from domain.kernel.errors import InvalidValueError
from domain.practice.holiday_calendar import HolidayCalendar


def checked_holidays(log: PracticeLog, of: HolidayCalendar) -> HolidayCalendar:
    """Return the calendar unchanged. Raises InvalidValueError: the country or its subdivision is not supported."""
    subdivisions = log.public_holidays.subdivisions(of.country)
    if subdivisions is None:
        raise InvalidValueError("holidays.country", "the public holidays of this country are not known")
    if of.subdivision is not None and of.subdivision not in subdivisions:
        raise InvalidValueError("holidays.subdivision", "this country has no such part whose holidays are its own")
    return of
