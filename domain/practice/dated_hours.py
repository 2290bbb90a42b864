"""Opening hours that change from dates on, with days on which everybody is closed unless an override speaks for them."""

from bisect import bisect_right
from dataclasses import dataclass, field

from domain.practice.weekly_hours import DayRange, OpeningHours


@dataclass(frozen=True, slots=True)
class DatedHours:
    """``parts`` are hours with the ordinal of the date from which they count, in order; before the first of them all is closed.

    A range belongs to the hours of the date on which it starts: a night that began under the earlier ones ends as they said.
    ``closed`` are ordinals of dates, such as public holidays; where the hours of that date have an override, it decides.
    """

    parts: tuple[tuple[int, OpeningHours], ...]
    closed: frozenset[int] = frozenset()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.parts, self.closed)))

    def __hash__(self) -> int:
        return self._hash

    def on(self, day: int) -> tuple[DayRange, ...]:
        hours = self._counting(day)
        return () if hours is None or self._is_closed(hours, day) else hours.on(day)

    def is_overridden(self, day: int) -> bool:
        hours = self._counting(day)
        return hours is not None and (day in self.closed or hours.is_overridden(day))

    def closes(self, day: int) -> bool:
        """Whether the date would be open, were it not among the closed ones."""
        hours = self._counting(day)
        return hours is not None and self._is_closed(hours, day) and bool(hours.on(day))

    def _counting(self, day: int) -> OpeningHours | None:
        place = bisect_right(self.parts, day, key=lambda part: part[0])
        return self.parts[place - 1][1] if place else None

    def _is_closed(self, hours: OpeningHours, day: int) -> bool:
        return day in self.closed and not hours.is_overridden(day)
