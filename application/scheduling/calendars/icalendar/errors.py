"""Why a calendar cannot be read at all. What is wrong with one event alone leaves that one out, and is counted.

InvalidValueError
└── UnreadableCalendarError    unreadable_calendar
    └── CalendarTooLargeError  calendar_too_large
"""

from domain.kernel.errors import InvalidValueError


class UnreadableCalendarError(InvalidValueError):
    """It is no iCalendar, or not a whole one: a download that broke off must not take busy time away."""

    code = "unreadable_calendar"

    def __init__(self, message: str) -> None:
        super().__init__("ics", message)


class CalendarTooLargeError(UnreadableCalendarError):
    """It is larger, or repeats more, than is read at once."""

    code = "calendar_too_large"
