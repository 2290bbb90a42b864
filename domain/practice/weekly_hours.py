"""Opening hours in local time: weekly ranges, and overrides for single dates.

Hours that alternate repeat every so many weeks, as a series does by ``FREQ=WEEKLY`` and
``INTERVAL`` (RFC 5545, section 3.3.10): weeks run from Monday to Sunday and are counted from the
one of a given date, before which the range does not apply.

A range belongs to the date on which it starts and may end on the next morning (``22:00-06:00``).
An override replaces the whole civil date: its weekly ranges are dropped, including their part after
midnight, and a range of the evening before is cut at midnight. So ``closed`` means closed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from math import gcd
from typing import Final, NamedTuple, Protocol

from domain.kernel.errors import InvalidValueError

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = 24 * 60
"""Minutes of a local day, regardless of clock changes."""

_RANGE: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_REPEATS: Final = re.compile(r"(\d{1,2}) from (\d{4}-\d{2}-\d{2})", re.ASCII)
_MAX_OVERRIDES: Final = 2000
MAX_WEEKS: Final = 52
"""The longest interval at which weekly hours repeat."""
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_OVERLAP: Final = "ranges may touch, but not overlap"


class DayRange(NamedTuple):
    """Minutes after midnight of the start date.

    ``0 <= start < 1440``, and ``start < end < start + 1440`` or a whole day.
    """

    start: int
    end: int

    @classmethod
    def parse(cls, field: str, text: str) -> "DayRange":
        """Parse ``09:00-17:00``.

        An end that is not after the start is on the next day; ``24:00`` is the midnight that ends
        the day.
        Raises InvalidValueError: another form, or an empty range.
        """
        match = _RANGE.fullmatch(text)
        if not match:
            raise InvalidValueError(field, "a range has the form 09:00-17:00 and ends at 24:00 at the latest")
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


class WeeklyRange(NamedTuple):
    """A range of a weekday, in every ``every``-th week from that of ``first`` (an ordinal) on."""

    hours: DayRange
    every: int = 1
    first: int = 1

    @classmethod
    def parse(cls, field: str, text: str) -> "WeeklyRange":
        """Parse ``09:00-17:00`` or ``09:00-17:00 every 2 from 2026-09-07``.

        Raises InvalidValueError: another form, an interval outside 2 to 52, or a date outside
        1970-2200.
        """
        hours, repeats, interval = text.partition(" every ")
        if not repeats:
            return cls(DayRange.parse(field, hours))
        match = _REPEATS.fullmatch(interval)
        if not match or not 2 <= int(match[1]) <= MAX_WEEKS:
            raise InvalidValueError(
                field, f"hours that repeat every 2 to {MAX_WEEKS} weeks name the date from which the weeks are counted"
            )
        return cls(DayRange.parse(field, hours), int(match[1]), parsed_date(field, match[2]).toordinal())

    def __str__(self) -> str:
        alternates = f" every {self.every} from {date.fromordinal(self.first)}" if self.every > 1 else ""
        return f"{self.hours}{alternates}"

    def applies(self, day: int) -> bool:
        """Whether it applies in the week of a date, an ordinal of its weekday."""
        return day >= self.first and (_week(day) - _week(self.first)) % self.every == 0

    def meets(self, other: "WeeklyRange", weeks_later: int) -> bool:
        """Whether the other one ever applies so many weeks after a week of this one."""
        return (_week(self.first) + weeks_later - _week(other.first)) % gcd(self.every, other.every) == 0


class Hours(Protocol):
    """Opening hours by date; hashable, because instants computed from them are cached."""

    def on(self, day: int) -> tuple[DayRange, ...]:
        """Return the disjoint ranges that start on a date, an ordinal, in order."""
        ...

    def is_overridden(self, day: int) -> bool:
        """Whether the date has an override, which cuts the evening before at midnight."""
        ...

    def alternates(self, day: int) -> bool:
        """Whether the weekday of the date has hours that apply in other weeks only."""
        ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Hours of one clinician at one location, in its local time; made by ``parse``.

    ``weekly`` has seven days, Monday first; ``overrides`` are sorted by date, no ranges meaning
    closed. Ranges are sorted.
    """

    weekly: tuple[tuple[WeeklyRange, ...], ...]
    overrides: tuple[tuple[date, tuple[DayRange, ...]], ...] = ()
    _weekdays: tuple[tuple[DayRange, ...] | None, ...] = field(init=False, repr=False, compare=False)
    _dates: dict[int, tuple[DayRange, ...]] = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # None: the ranges depend on the week.
        weekdays = tuple(
            None if any(each.every > 1 for each in ranges) else _merged(each.hours for each in ranges)
            for ranges in self.weekly
        )
        object.__setattr__(self, "_weekdays", weekdays)
        object.__setattr__(self, "_dates", {on.toordinal(): _merged(ranges) for on, ranges in self.overrides})
        object.__setattr__(self, "_hash", hash((self.weekly, self.overrides)))

    def __hash__(self) -> int:
        # Hours are a cache key; hashing overrides at each lookup would cost more than is saved.
        return self._hash

    @classmethod
    def parse(cls, weekly: Iterable[str], overrides: Iterable[str] = ()) -> "OpeningHours":
        """Parse ``["mon 09:00-12:00"]`` and ``["2026-12-25 closed"]``, in any order.

        Weekly ranges are parsed by WeeklyRange. Ranges may touch.
        Raises InvalidValueError: another form, overlapping ranges of the week (also over midnight)
        or of one date, a date both closed and open, more than 2000 overrides, or a date outside
        1970-2200.
        """
        days: list[list[WeeklyRange]] = [[] for _ in WEEKDAYS]
        for entry in weekly:
            name, _, text = entry.partition(" ")
            if name not in WEEKDAYS:
                raise InvalidValueError("weekly", "a weekly range starts with mon, tue, wed, thu, fri, sat or sun")
            days[WEEKDAYS.index(name)].append(WeeklyRange.parse("weekly", text))
        _refuse_weekly_overlaps(days)
        return cls(tuple(tuple(sorted(day)) for day in days), _parsed_overrides(overrides))

    def on(self, day: int) -> tuple[DayRange, ...]:
        """Return the ranges that start on a date in order; touching ranges are merged.

        A range that ends on the next morning is not cut here: see ``is_overridden``.
        """
        ranges = self._dates.get(day)
        if ranges is None:
            ranges = self._weekdays[_weekday(day)]
        if ranges is None:
            ranges = _merged(each.hours for each in self.weekly[_weekday(day)] if each.applies(day))
        return ranges

    def is_overridden(self, day: int) -> bool:
        return day in self._dates

    def alternates(self, day: int) -> bool:
        return day not in self._dates and not all(each.applies(day) for each in self.weekly[_weekday(day)])

    def weekly_text(self) -> list[str]:
        """Return the weekly ranges as ``parse`` reads them, in order."""
        return [f"{WEEKDAYS[day]} {r}" for day, ranges in enumerate(self.weekly) for r in ranges]

    def overrides_text(self) -> list[str]:
        """Return the overrides as ``parse`` reads them, in order."""
        return [
            line
            for on, ranges in self.overrides
            for line in ([f"{on} {r}" for r in ranges] if ranges else [f"{on} closed"])
        ]


def _weekday(day: int) -> int:
    return (day + 6) % 7


def _week(day: int) -> int:
    return (day - 1) // 7


def _merged(ranges: Iterable[DayRange]) -> tuple[DayRange, ...]:
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
        on = parsed_date("overrides", on_text)
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
        _refuse_overlaps("overrides", ranges)
    return tuple((on, tuple(sorted(ranges))) for on, ranges in sorted(dates.items()))


def parsed_date(field: str, text: str) -> date:
    """Return a date of 1970 to 2200. Raises InvalidValueError: another form, or another year."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        on = date.min
    if not _FIRST_YEAR <= on.year <= _LAST_YEAR or on.isoformat() != text:
        raise InvalidValueError(field, f"a date has the form 2026-12-25, {_FIRST_YEAR} to {_LAST_YEAR}")
    return on


def _refuse_weekly_overlaps(days: Sequence[Iterable[WeeklyRange]]) -> None:
    """Sunday night may overlap the next Monday; ranges that never meet in a week may overlap."""
    week = sorted((each.hours.start + day * DAY, each) for day, ranges in enumerate(days) for each in ranges)
    placed = [(start, each, 0) for start, each in week] + [(start + 7 * DAY, each, 1) for start, each in week]
    for position, (start, one) in enumerate(week):
        ends = start + one.hours.end - one.hours.start
        for begins, other, weeks_later in placed[position + 1 :]:
            if begins >= ends:
                break
            if one.meets(other, weeks_later):
                raise InvalidValueError("weekly", _OVERLAP)


def _refuse_overlaps(field: str, ranges: Iterable[DayRange]) -> None:
    ordered = sorted(ranges)
    if any(after.start < before.end for before, after in pairwise(ordered)):
        raise InvalidValueError(field, _OVERLAP)
