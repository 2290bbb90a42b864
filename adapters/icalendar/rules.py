"""Parses the rules of one file, and limits the days that their expansion examines."""

from application.scheduling.calendars.errors import CalendarTooLargeError
from domain.kernel.errors import InvalidValueError
from domain.scheduling.series.recurrence import Recurrence, UnsupportedRuleError


class Budget:
    """The number of days that the rules of one file may still examine."""

    def __init__(self, days: int) -> None:
        self._left = days

    def spend(self, days: int) -> None:
        """Raises CalendarTooLargeError: the budget is spent."""
        self._left -= days
        if self._left < 0:
            raise CalendarTooLargeError("the rules of the calendar take too long to expand; export a shorter period")


def rule_of(text: str) -> Recurrence:
    """Parse a rule that may have spaces, a trailing semicolon, or parts of other programs (``X-``).

    Raises ValueError, UnsupportedRuleError.
    """
    parts = "".join(text.split()).split(";")
    try:
        return Recurrence.parse(";".join(part for part in parts if part and not part.upper().startswith("X-")))
    except UnsupportedRuleError:
        raise
    except InvalidValueError as error:
        raise ValueError(str(error)) from error
