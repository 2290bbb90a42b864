"""Parses the rules of one file, and limits the days that their expansion examines."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from application.scheduling.calendars.errors import CalendarTooLargeError
from domain.kernel.errors import InvalidValueError
from domain.scheduling.series.recurrence import Recurrence, UnsupportedRuleError

_DAYS_A_START: Final = 15
"""To convert a start to an instant and its key takes 15 times as long as to examine a day."""
_MAX_DAYS_A_RULE: Final = 60_000
"""A daily rule with COUNT that began 160 years ago."""


class Budget:
    """The number of days that the rules of one file may still examine.

    A time that a rule yields counts as ``_DAYS_A_START`` days.
    """

    def __init__(self, days: int) -> None:
        self._left = days

    def spend(self, days: int) -> None:
        """Raises CalendarTooLargeError: the budget is spent."""
        self._left -= days
        if self._left < 0:
            raise CalendarTooLargeError("the rules of the calendar take too long to expand; export a shorter period")

    def starts(self, rule: Recurrence, first: datetime, begins: datetime, ends: datetime) -> Iterator[datetime]:
        """Expand a rule. Raises UnsupportedRuleError: it takes too long; CalendarTooLargeError."""
        examined = 0

        def spend(days: int) -> None:
            nonlocal examined
            examined += days
            if examined > _MAX_DAYS_A_RULE:
                raise UnsupportedRuleError("rrule.count", "the rule takes too long to expand")
            self.spend(days)

        for start in rule.starts(first, begins, ends, spend):
            self.spend(_DAYS_A_START)
            yield start


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
