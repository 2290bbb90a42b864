"""Opening hours as people say them: weekly ranges on a wall clock, and dates that are different.

A range belongs to the date on which it starts and may run into the next morning (``22:00-06:00``).
An override speaks for its whole civil date: what it lists is all there is on that date. The date's weekly ranges go, with their
tails into the next morning, and a tail that the evening before would bring is cut at midnight. So ``closed`` means closed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple, Protocol

from domain.kernel.errors import InvalidValueError

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = 24 * 60
"""Minutes of a day on the wall clock, whatever the clocks do on it."""

_RANGE: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_MAX_OVERRIDES: Final = 2000
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


class DayRange(NamedTuple):
    """Minutes after midnight of the date it starts on: ``0 <= start < 1440``, ``start < end < start + 1440`` or a whole day."""

    start: int
    end: int

    @classmethod
    def parse(cls, field: str, text: str) -> "DayRange":
        """Read ``09:00-17:00``; an end that is not after its start is on the next day; ``24:00`` is the midnight that ends the day.

        Raises InvalidValueError: another form, or no time between start and end.
        """
        match = _RANGE.fullmatch(text)
        if not match:
            raise InvalidValueError(field, "a range is written 09:00-17:00, its end at most 24:00")
        hours, minutes, end_hours, end_minutes = map(int, match.groups())
        start, end = hours * 60 + minutes, end_hours * 60 + end_minutes
        if end > DAY:
            raise InvalidValueError(field, "a range ends at 24:00 at the latest, or on the next day")
        if start == end:
            raise InvalidValueError(field, "a range ends after it starts; a whole day is 00:00-24:00")
        return cls(start, end if end > start else end + DAY)

    def __str__(self) -> str:
        end = self.end if self.end <= DAY else self.end - DAY
        return f"{self.start // 60:02}:{self.start % 60:02}-{end // 60:02}:{end % 60:02}"


class Hours(Protocol):
    """Which ranges start on a date, whatever they were made of. Hashable: their instants are kept under it."""

    def on(self, day: int) -> tuple[DayRange, ...]:
        """Return the ranges that start on the date with this proleptic Gregorian ordinal, in order, apart from each other."""
        ...

    def is_overridden(self, day: int) -> bool:
        """Whether the date speaks for itself, so that the evening before is cut at its midnight."""
        ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Hours of one clinician at one location, on the wall clock of that location. Made by ``parse``; ranges are in order.

    ``weekly`` has seven days, Monday first; ``overrides`` are in order of their dates, no ranges meaning closed.
    """

    weekly: tuple[tuple[DayRange, ...], ...]
    overrides: tuple[tuple[date, tuple[DayRange, ...]], ...] = ()
    _weekdays: tuple[tuple[DayRange, ...], ...] = field(init=False, repr=False, compare=False)
    _dates: dict[int, tuple[DayRange, ...]] = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_weekdays", tuple(_joined(ranges) for ranges in self.weekly))
        object.__setattr__(self, "_dates", {on.toordinal(): _joined(ranges) for on, ranges in self.overrides})
        object.__setattr__(self, "_hash", hash((self.weekly, self.overrides)))

    def __hash__(self) -> int:
        # Hours are the key under which their instants are kept; hashing years of overrides each time would cost more than it saves.
        return self._hash

    @classmethod
    def parse(cls, weekly: Iterable[str], overrides: Iterable[str] = ()) -> "OpeningHours":
        """Read ``["mon 09:00-12:00", "mon 13:00-17:00"]`` and ``["2026-12-24 09:00-12:00", "2026-12-25 closed"]``, in any order.

        Ranges that touch are fine.
        Raises InvalidValueError: another form, ranges of the week that overlap (also over midnight), ranges of one date that overlap,
        a date both closed and open, more than 2000 overrides, or a date outside 1970-2200.
        """
        days: list[list[DayRange]] = [[] for _ in WEEKDAYS]
        for entry in weekly:
            name, _, text = entry.partition(" ")
            if name not in WEEKDAYS:
                raise InvalidValueError("weekly", "a weekly range starts with mon, tue, wed, thu, fri, sat or sun")
            days[WEEKDAYS.index(name)].append(DayRange.parse("weekly", text))
        _refuse_overlaps(
            "weekly", [(r.start + d * DAY, r.end + d * DAY) for d, day in enumerate(days) for r in day], 7 * DAY
        )
        return cls(tuple(tuple(sorted(day)) for day in days), _parsed_overrides(overrides))

    def on(self, day: int) -> tuple[DayRange, ...]:
        """Return the ranges that start on the date with this proleptic Gregorian ordinal, in order; those that touch are one.

        A tail into the next morning is not cut here: see ``is_overridden``.
        """
        ranges = self._dates.get(day)
        return self._weekdays[(day + 6) % 7] if ranges is None else ranges

    def is_overridden(self, day: int) -> bool:
        return day in self._dates

    def weekly_text(self) -> list[str]:
        """Return the weekly ranges in the form that ``parse`` reads, in order."""
        return [f"{WEEKDAYS[day]} {r}" for day, ranges in enumerate(self.weekly) for r in ranges]

    def overrides_text(self) -> list[str]:
        """Return the overrides in the form that ``parse`` reads, in order."""
        return [
            line
            for on, ranges in self.overrides
            for line in ([f"{on} {r}" for r in ranges] if ranges else [f"{on} closed"])
        ]


def _joined(ranges: Iterable[DayRange]) -> tuple[DayRange, ...]:
    joined: list[DayRange] = []
    for start, end in ranges:
        if joined and joined[-1].end == start:
            joined[-1] = DayRange(joined[-1].start, end)
        else:
            joined.append(DayRange(start, end))
    return tuple(joined)


def _parsed_overrides(entries: Iterable[str]) -> tuple[tuple[date, tuple[DayRange, ...]], ...]:
    dates: dict[date, list[DayRange]] = {}
    closed: set[date] = set()
    for entry in entries:
        on_text, _, text = entry.partition(" ")
        on = _parsed_date(on_text)
        ranges = dates.setdefault(on, [])
        if text == "closed":
            closed.add(on)
        else:
            ranges.append(DayRange.parse("overrides", text))
        if on in closed and ranges:
            raise InvalidValueError("overrides", "a date is either closed or open")
        if len(dates) > _MAX_OVERRIDES:
            raise InvalidValueError("overrides", f"there may be at most {_MAX_OVERRIDES} overrides")
    for ranges in dates.values():
        _refuse_overlaps("overrides", ranges, None)
    return tuple((on, tuple(sorted(ranges))) for on, ranges in sorted(dates.items()))


def _parsed_date(text: str) -> date:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        raise InvalidValueError("overrides", "an override starts with a date such as 2026-12-25") from None
    if not _FIRST_YEAR <= on.year <= _LAST_YEAR or on.isoformat() != text:
        raise InvalidValueError("overrides", f"an override's date is written 2026-12-25, {_FIRST_YEAR} to {_LAST_YEAR}")
    return on


def _refuse_overlaps(field: str, ranges: Sequence[tuple[int, int]], period: int | None) -> None:
    """``period`` makes the time a circle: Sunday night runs into Monday morning."""
    ordered = sorted(ranges)
    if period and ordered:
        ordered.append((ordered[0][0] + period, ordered[0][1] + period))
    for i in range(1, len(ordered)):
        if ordered[i][0] < ordered[i - 1][1]:
            raise InvalidValueError(field, "ranges may touch, but not overlap")
