"""Opening hours that change on given dates, with closed days such as public holidays."""

from bisect import bisect_right
from dataclasses import dataclass, field

from domain.practice.weekly_hours import DayRange, OpeningHours


@dataclass(frozen=True, slots=True)
class DatedHours:
    """``parts`` pairs ordinals of effective dates with hours, in order; before them, closed.

    A range belongs to the hours of the date on which it starts, so a night shift keeps its end when
    the hours change at midnight. ``closed`` are ordinals of dates; an override of such a date takes
    precedence.
    """

    parts: tuple[tuple[int, OpeningHours], ...]
    closed: frozenset[int] = frozenset()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.parts, self.closed)))

    def __hash__(self) -> int:
        return self._hash

    def on(self, day: int) -> tuple[DayRange, ...]:
        hours = self._effective(day)
        return () if hours is None or self._is_closed(hours, day) else hours.on(day)

    def is_overridden(self, day: int) -> bool:
        hours = self._effective(day)
        return hours is not None and (day in self.closed or hours.is_overridden(day))

    def alternates(self, day: int) -> bool:
        hours = self._effective(day)
        return hours is not None and hours.alternates(day)

    def closes(self, day: int) -> bool:
        """Whether the date is closed only because it is one of the ``closed`` dates."""
        hours = self._effective(day)
        return hours is not None and self._is_closed(hours, day) and bool(hours.on(day))

    def _effective(self, day: int) -> OpeningHours | None:
        index = bisect_right(self.parts, day, key=lambda part: part[0])
        return self.parts[index - 1][1] if index else None

    def _is_closed(self, hours: OpeningHours, day: int) -> bool:
        return day in self.closed and not hours.is_overridden(day)
