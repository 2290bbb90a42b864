"""Parses and expands the rules of one file within one budget."""

from collections.abc import Iterator
from datetime import datetime

from application.scheduling.calendars.errors import CalendarTooLargeError
from domain.kernel.errors import InvalidValueError
from domain.scheduling.series.recurrence import Recurrence, UnsupportedRuleError


class Budget:
    """How many days the rules of one file may look at in all."""

    def __init__(self, days: int) -> None:
        self._left = days

    def spend(self, days: int) -> None:
        """Raises CalendarTooLargeError: the budget is spent."""
        self._left -= days
        if self._left < 0:
            raise CalendarTooLargeError("the calendar's rules take too long to follow; let it reach less far back")


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


def starts_of(
    rule: Recurrence, first: datetime, begins: datetime, ends: datetime, budget: Budget
) -> Iterator[datetime]:
    """Yield the starts in ``[begins, ends)``, all on one wall clock. Raises CalendarTooLargeError."""
    return rule.starts(first, begins, ends, budget.spend)
