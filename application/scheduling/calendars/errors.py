"""Errors of importing a calendar. A single unreadable event is skipped and counted instead.

InvalidValueError
└── UnreadableCalendarError    unreadable_calendar
    └── CalendarTooLargeError  calendar_too_large
"""

from domain.kernel.errors import InvalidValueError


class UnreadableCalendarError(InvalidValueError):
    """Not iCalendar, or incomplete: a broken download must not remove busy time."""

    code = "unreadable_calendar"

    def __init__(self, message: str) -> None:
        super().__init__("ics", message)


class CalendarTooLargeError(UnreadableCalendarError):
    """The file exceeds a limit: of octets, components, occurrences or work."""

    code = "calendar_too_large"
