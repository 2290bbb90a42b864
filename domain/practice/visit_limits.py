"""Limits on the number of visits per day and week."""

from dataclasses import dataclass
from typing import Final

from domain.kernel.aggregate import Aggregate
from domain.kernel.errors import InvalidValueError
from domain.kernel.value import Value

_MAX: Final = {"per_day": 1_440, "per_week": 10_080}


@dataclass(frozen=True, slots=True)
class VisitLimits(Value):
    """The most visits on a civil day and in a civil week from Monday to Sunday; None is no limit.

    Raises InvalidValueError: less than one, more than 1440 a day or 10080 a week.
    """

    per_day: int | None = None
    per_week: int | None = None

    def __post_init__(self) -> None:
        for name, most in _MAX.items():
            value = getattr(self, name)
            if value is not None and not 1 <= value <= most:
                raise InvalidValueError(f"limits.{name}", f"{name} is at least 1 and at most {most}")

    def __bool__(self) -> bool:
        return self.per_day is not None or self.per_week is not None


NO_LIMITS: Final = VisitLimits()


class LimitsFields(Aggregate.Event):
    """The fields of VisitLimits."""

    per_day: int | None
    per_week: int | None
