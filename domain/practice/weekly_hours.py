"""Opening hours in local time: weekly ranges, and overrides for single dates.

A range belongs to the date on which it starts and may end on the next morning (``22:00-06:00``).
An override replaces the whole civil date: its weekly ranges are dropped, including their part after
midnight, and a range of the evening before is cut at midnight. So ``closed`` means closed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple, Protocol

from domain.kernel.errors import InvalidValueError

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = 24 * 60
"""Minutes of a local day, regardless of clock changes."""

_RANGE: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_MAX_OVERRIDES: Final = 2000
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


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


class Hours(Protocol):
    """Opening hours by date; hashable, because instants computed from them are cached."""

    def on(self, day: int) -> tuple[DayRange, ...]:
        """Return the disjoint ranges that start on a date, an ordinal, in order."""
        ...

    def is_overridden(self, day: int) -> bool:
        """Whether the date has an override, which cuts the evening before at midnight."""
        ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Hours of one clinician at one location, in its local time; made by ``parse``.

    ``weekly`` has seven days, Monday first; ``overrides`` are sorted by date, no ranges meaning
    closed. Ranges are sorted.
    """

    weekly: tuple[tuple[DayRange, ...], ...]
    overrides: tuple[tuple[date, tuple[DayRange, ...]], ...] = ()
    _weekdays: tuple[tuple[DayRange, ...], ...] = field(init=False, repr=False, compare=False)
    _dates: dict[int, tuple[DayRange, ...]] = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_weekdays", tuple(_merged(ranges) for ranges in self.weekly))
        object.__setattr__(self, "_dates", {on.toordinal(): _merged(ranges) for on, ranges in self.overrides})
        object.__setattr__(self, "_hash", hash((self.weekly, self.overrides)))

    def __hash__(self) -> int:
        # Hours are a cache key; hashing overrides at each lookup would cost more than is saved.
        return self._hash

    @classmethod
    def parse(cls, weekly: Iterable[str], overrides: Iterable[str] = ()) -> "OpeningHours":
        """Parse ``["mon 09:00-12:00"]`` and ``["2026-12-25 closed"]``, in any order.

        Ranges may touch.
        Raises InvalidValueError: another form, overlapping ranges of the week (also over midnight)
        or of one date, a date both closed and open, more than 2000 overrides, or a date outside
        1970-2200.
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
        """Return the ranges that start on a date in order; touching ranges are merged.

        A range that ends on the next morning is not cut here: see ``is_overridden``.
        """
        ranges = self._dates.get(day)
        return self._weekdays[(day + 6) % 7] if ranges is None else ranges

    def is_overridden(self, day: int) -> bool:
        return day in self._dates

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
        raise InvalidValueError(
            "overrides", f"an override's date has the form 2026-12-25, {_FIRST_YEAR} to {_LAST_YEAR}"
        )
    return on


def _refuse_overlaps(field: str, ranges: Sequence[tuple[int, int]], period: int | None) -> None:
    """With ``period`` the ranges repeat: Sunday night may overlap Monday morning."""
    ordered = sorted(ranges)
    if period and ordered:
        ordered.append((ordered[0][0] + period, ordered[0][1] + period))
    for i in range(1, len(ordered)):
        if ordered[i][0] < ordered[i - 1][1]:
            raise InvalidValueError(field, "ranges may touch, but not overlap")
