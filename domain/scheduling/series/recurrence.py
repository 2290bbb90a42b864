"""Recurrence rules: RRULE of RFC 5545, section 3.3.10, with frequencies from DAILY to YEARLY.

A rule is expanded on a wall clock; its caller knows the zone. The expansion looks only at days that
its parts name, and at each once, so its cost is bounded by the window even where the rule matches
no day at all.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import MINYEAR, date, datetime, time, timedelta
from enum import StrEnum
from itertools import product
from typing import Final, Self, TypeVar

from domain.kernel.errors import InvalidValueError

_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY: Final = re.compile(rf"([+-]?\d{{1,2}})?({'|'.join(_WEEKDAYS)})", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?\d{1,10}", re.ASCII)
_UNTIL: Final = re.compile(r"\d{8}(T\d{6}Z?)?", re.ASCII)
_PARTS: Final = (
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "RSCALE", "SKIP",
    "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS",
)  # fmt: skip
_WITHIN_A_DAY: Final = ("HOURLY", "MINUTELY", "SECONDLY")
_NOT_YEARLY: Final = ("DAILY", "WEEKLY", "MONTHLY")
_NOT_WITH: Final = {"BYWEEKNO": _NOT_YEARLY, "BYYEARDAY": _NOT_YEARLY, "BYMONTHDAY": ("WEEKLY",)}
"""The cells "N/A" of the table in RFC 5545, section 3.3.10; shorter frequencies are refused."""
_MAX_TIMES_A_DAY: Final = 1_440
_LONGEST_MONTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
T = TypeVar("T")


class UnsupportedRuleError(InvalidValueError):
    """The rule may be valid, but it repeats within a day or uses another calendar."""


class Frequency(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A rule. Its fields are named as in RFC 5545; negative numbers count from the end.

    ``by_day`` has pairs of weekday (Monday is 0) and number within the month or year, 0 for all.
    ``until`` is an instant if it has an offset, otherwise a time on the wall clock.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    by_month: frozenset[int] = frozenset()
    by_month_day: frozenset[int] = frozenset()
    by_year_day: frozenset[int] = frozenset()
    by_week: frozenset[int] = frozenset()
    by_day: frozenset[tuple[int, int]] = frozenset()
    by_hour: frozenset[int] = frozenset()
    by_minute: frozenset[int] = frozenset()
    by_second: frozenset[int] = frozenset()
    by_position: frozenset[int] = frozenset()
    week_start: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a rule such as ``FREQ=WEEKLY;COUNT=8``.

        Raises InvalidValueError, whose field names the part (``rrule.freq``); UnsupportedRuleError.
        """
        parts = _parts(text)
        for name in ("RSCALE", "SKIP"):
            if name in parts:
                raise UnsupportedRuleError(f"rrule.{name.lower()}", f"{name} is not supported")
        if parts.get("FREQ") in _WITHIN_A_DAY:
            raise UnsupportedRuleError("rrule.freq", f"FREQ is one of {', '.join(Frequency)}")
        if parts.get("FREQ") not in Frequency.__members__:
            raise invalid_part("FREQ", f"FREQ is one of {', '.join(Frequency)}")
        for name, frequencies in _NOT_WITH.items():
            if name in parts and parts["FREQ"] in frequencies:
                raise invalid_part(name, f"a rule with FREQ={parts['FREQ']} has no {name}")
        if "BYSETPOS" in parts and sum(name.startswith("BY") for name in parts) == 1:
            raise invalid_part("BYSETPOS", "BYSETPOS selects from what another part with BY names")
        rule = cls(
            frequency=Frequency(parts["FREQ"]),
            interval=_number(parts.get("INTERVAL", "1"), "INTERVAL", 1, 10_000),
            count=_number(parts["COUNT"], "COUNT", 1, 10**9) if "COUNT" in parts else None,
            until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
            by_month=_numbers(parts, "BYMONTH", 1, 12),
            by_month_day=_numbers(parts, "BYMONTHDAY", -31, 31),
            by_year_day=_numbers(parts, "BYYEARDAY", -366, 366),
            by_week=_numbers(parts, "BYWEEKNO", -53, 53),
            by_day=_several(parts, "BYDAY", _day),
            by_hour=_numbers(parts, "BYHOUR", 0, 23),
            by_minute=_numbers(parts, "BYMINUTE", 0, 59),
            by_second=frozenset(min(second, 59) for second in _numbers(parts, "BYSECOND", 0, 60)),
            by_position=_numbers(parts, "BYSETPOS", -366, 366),
            week_start=_week_start(parts.get("WKST", "MO")),
        )
        if max(1, len(rule.by_hour)) * max(1, len(rule.by_minute)) * max(1, len(rule.by_second)) > _MAX_TIMES_A_DAY:
            raise UnsupportedRuleError("rrule.bysecond", f"a rule has at most {_MAX_TIMES_A_DAY} times a day")
        if any(nth for _, nth in rule.by_day):
            if rule.frequency in (Frequency.DAILY, Frequency.WEEKLY):
                raise invalid_part("BYDAY", "a numbered day belongs to a month or a year")
            if rule.by_week:
                raise invalid_part("BYDAY", "a rule with BYWEEKNO has no numbered days")
        return rule

    def of_days(self) -> Self:
        """Return the rule for a DTSTART that is a date: it ignores times (RFC 5545, 3.3.10)."""
        return replace(self, by_hour=frozenset(), by_minute=frozenset(), by_second=frozenset())

    def starts(
        self,
        first: datetime,
        begins: datetime,
        ends: datetime,
        spend: Callable[[int], None] = lambda days: None,
    ) -> Iterator[datetime]:
        """Yield the times in ``[begins, ends)`` in order; all are naive times on one wall clock.

        ``first`` is DTSTART. ``until`` must be on the same clock: convert an instant before.
        ``spend`` is called before each step with the number of days or times that it looks at; it
        may raise an error to end the expansion.
        """
        rule, times = self._with_defaults(first), self._times(first.time())
        last, left = self.until or datetime.max, self.count  # noqa: DTZ901  a time on a wall clock
        # A rule with COUNT must be counted from its start.
        since = begins.date() if left is None else first.date()
        if rule._never_matches(len(times)):
            return
        for candidates in rule._periods(first.date(), since, min(ends, last).date()):
            spend(len(candidates) or 1)
            days = [day for day in candidates if rule._names(day)]
            if len(times) > 1:
                spend(len(days) * len(times))
            for start in rule._chosen([datetime.combine(day, at) for day in days for at in times]):
                if start < first:
                    continue
                if start > last or start >= ends:
                    return
                if start >= begins:
                    yield start
                if left is not None:
                    left -= 1
                    if left == 0:
                        return

    def _times(self, default: time) -> list[time]:
        return [
            time(hour, minute, second)
            for hour in sorted(self.by_hour) or (default.hour,)
            for minute in sorted(self.by_minute) or (default.minute,)
            for second in sorted(self.by_second) or (default.second,)
        ]

    def _with_defaults(self, first: datetime) -> Self:
        """Return the rule with the day of DTSTART where it names no day."""
        if (
            self.by_month_day
            or self.by_year_day
            or self.by_day
            or (self.frequency is Frequency.DAILY and not self.by_week)
        ):
            return self
        if self.frequency is Frequency.WEEKLY or self.by_week:
            return replace(self, by_day=frozenset({(first.weekday(), 0)}))
        months = self.by_month
        if self.frequency is Frequency.YEARLY:
            months = months or frozenset({first.month})
        return replace(self, by_month=months, by_month_day=frozenset({first.day}))

    def _never_matches(self, times_a_day: int) -> bool:
        """Return whether it names only days or places that no month, week or day has."""
        longest = max(_LONGEST_MONTHS[month - 1] for month in self.by_month or range(1, 13))
        if self.by_month_day and min(map(abs, self.by_month_day)) > longest:
            return True
        days = {Frequency.DAILY: 1, Frequency.WEEKLY: len({weekday for weekday, _ in self.by_day})}
        if not self.by_position or self.frequency not in days:
            return False
        return min(map(abs, self.by_position)) > days[self.frequency] * times_a_day

    def _chosen(self, starts: list[datetime]) -> list[datetime]:
        """Apply BYSETPOS to the starts of one period."""
        if not self.by_position:
            return starts
        places = {place - 1 if place > 0 else len(starts) + place for place in self.by_position}
        return [start for place, start in enumerate(starts) if place in places]

    def _periods(self, first: date, begins: date, ends: date) -> Iterator[list[date]]:
        """Yield each period that INTERVAL keeps, from ``begins`` to ``ends``.

        A period is given as the days that may match, in order: those that the most selective part
        names.
        """
        begins = max(first, begins)
        if self.frequency is Frequency.WEEKLY:
            return self._weeks(first - timedelta(days=(first.weekday() - self.week_start) % 7), begins, ends)
        if self.frequency is not Frequency.DAILY:
            return self._long_periods(first, begins, ends, 1 if self.frequency is Frequency.MONTHLY else 12)
        if (self.by_month or self.by_month_day) and self.interval < min(_LONGEST_MONTHS):
            return self._days_by_month(first, begins, ends)
        return ([date.fromordinal(ordinal)] for ordinal in _ordinals(first, begins, ends, self.interval))

    def _weeks(self, origin: date, begins: date, ends: date) -> Iterator[list[date]]:
        offsets = sorted((weekday - origin.weekday()) % 7 for weekday in {weekday for weekday, _ in self.by_day})
        for ordinal in _ordinals(origin, begins, ends, self.interval * 7):
            yield [date.fromordinal(ordinal + offset) for offset in offsets]

    def _days_by_month(self, first: date, begins: date, ends: date) -> Iterator[list[date]]:
        months = sorted(self.by_month) or range(1, 13)
        for year, month in product(range(begins.year, ends.year + 1), months):
            # The empty list lets the caller count a month without a matching day, too.
            yield []
            for day in self._days_of_month(year, month):
                if begins <= day <= ends and (day - first).days % self.interval == 0:
                    yield [day]

    def _long_periods(self, first: date, begins: date, ends: date, size: int) -> Iterator[list[date]]:
        step = self.interval * size
        origin = first.year * 12 + (first.month - 1 if size == 1 else 0)
        start = origin + max(0, (begins.year * 12 + begins.month - 1 - origin) // step) * step
        for place in range(start, ends.year * 12 + ends.month, step):
            year = place // 12
            if self.by_year_day:
                yield _numbered(date(year, 1, 1), _days_in(year), self.by_year_day)
            elif self.by_week and not self.by_month_day:
                yield self._days_of_weeks(year)
            else:
                months = range(1, 13) if size == 12 else (place % 12 + 1,)
                yield [day for month in months for day in self._days_of_month(year, month)]

    def _days_of_month(self, year: int, month: int) -> list[date]:
        if self.by_month and month not in self.by_month:
            return []
        first, size = date(year, month, 1), monthrange(year, month)[1]
        if self.by_month_day:
            return _numbered(first, size, self.by_month_day)
        weekdays = {weekday for weekday, _ in self.by_day} or range(7)
        starts = sorted((weekday - first.weekday()) % 7 for weekday in weekdays)
        return [
            date(year, month, 1 + day + start) for day in range(0, size, 7) for start in starts if day + start < size
        ]

    def _days_of_weeks(self, year: int) -> list[date]:
        """Return the year's days that are in a named week, be it of the year before or after."""
        named: set[int] = set()
        for week_year in range(max(MINYEAR, year - 1), year + 2):
            begins, after = _first_week(week_year, self.week_start), _first_week(week_year + 1, self.week_start)
            weeks = (after - begins) // 7
            for week in self.by_week:
                if abs(week) <= weeks:
                    first = begins + 7 * (week - 1 if week > 0 else weeks + week)
                    named.update(range(first, first + 7))
        of_year = range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
        return [date.fromordinal(ordinal) for ordinal in sorted(named) if ordinal in of_year]

    def _names(self, day: date) -> bool:
        if self.by_month and day.month not in self.by_month:
            return False
        in_month = monthrange(day.year, day.month)[1] if self.by_month_day or self.by_day else 0
        if self.by_month_day and not {day.day, day.day - in_month - 1} & self.by_month_day:
            return False
        if (
            self.by_year_day
            and not {_place_in_year(day), _place_in_year(day) - _days_in(day.year) - 1} & self.by_year_day
        ):
            return False
        if self.by_week and not self._is_in_named_week(day):
            return False
        if not self.by_day:
            return True
        weekday = day.weekday()
        if self.frequency in (Frequency.DAILY, Frequency.WEEKLY):
            return any(named == weekday for named, _ in self.by_day)
        by_year = self.frequency is Frequency.YEARLY and not self.by_month
        number, size = (_place_in_year(day), _days_in(day.year)) if by_year else (day.day, in_month)
        nths = {0, (number - 1) // 7 + 1, -((size - number) // 7 + 1)}
        return any((weekday, nth) in self.by_day for nth in nths)

    def _is_in_named_week(self, day: date) -> bool:
        # The 28th of December is always in the last week of its year.
        last_week = _thursday(day, self.week_start).replace(month=12, day=28)
        week, weeks = _week(day, self.week_start), _week(last_week, self.week_start)
        return bool({week, week - weeks - 1} & self.by_week)


def invalid_part(name: str, message: str) -> InvalidValueError:
    """Return the error for one part of a rule: its field is ``rrule.count`` for COUNT."""
    return InvalidValueError(f"rrule.{name.lower()}", message)


def _parts(text: str) -> Mapping[str, str]:
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if name not in _PARTS or not equals or name in parts:
            raise InvalidValueError("rrule", "a rule is written FREQ=WEEKLY;COUNT=8, each part once")
        parts[name] = value
    return parts


def _several(parts: Mapping[str, str], name: str, parse: Callable[[str], T]) -> frozenset[T]:
    return frozenset(map(parse, parts[name].split(","))) if name in parts else frozenset()


def _numbers(parts: Mapping[str, str], name: str, least: int, most: int) -> frozenset[int]:
    return _several(parts, name, lambda part: _number(part, name, least, most))


def _number(part: str, name: str, least: int, most: int) -> int:
    """Return a whole number from ``least`` to ``most``, but not 0 where ``least`` is negative."""
    if _NUMBER.fullmatch(part) and least <= (number := int(part)) <= most and (number or not least):
        return number
    raise invalid_part(name, f"{name} is a whole number from {least} to {most}{', but not 0' if least < 0 else ''}")


def _day(part: str) -> tuple[int, int]:
    match = _DAY.fullmatch(part)
    if match is None or (match[1] and not 1 <= abs(int(match[1])) <= 53):
        raise invalid_part("BYDAY", "a day is written MO, or 2MO for the second and -1MO for the last one")
    return _WEEKDAYS.index(match[2]), int(match[1] or 0)


def _week_start(part: str) -> int:
    if part not in _WEEKDAYS:
        raise invalid_part("WKST", f"a week starts on one of {', '.join(_WEEKDAYS)}")
    return _WEEKDAYS.index(part)


def _until(part: str) -> datetime:
    if match := _UNTIL.fullmatch(part):
        try:
            until = datetime.fromisoformat(part)
            return until if match[1] else datetime.combine(until, time.max)
        except ValueError:
            pass
    raise invalid_part("UNTIL", "UNTIL is written 20261231, 20261231T180000 or, in UTC, 20261231T170000Z")


def _place_in_year(day: date) -> int:
    return day.timetuple().tm_yday


def _days_in(year: int) -> int:
    return 366 if isleap(year) else 365


def _numbered(first: date, size: int, numbers: Iterable[int]) -> list[date]:
    """Return the numbered days of a period in order; negative numbers count from its end."""
    found = {number if number > 0 else size + 1 + number for number in numbers}
    return [first + timedelta(days=number - 1) for number in sorted(found) if 1 <= number <= size]


def _ordinals(origin: date, begins: date, ends: date, step: int) -> range:
    start = origin.toordinal() + max(0, (begins - origin).days // step) * step
    return range(start, min(ends.toordinal(), date.max.toordinal() - 7) + 1, step)


def _first_week(year: int, week_start: int) -> int:
    """Return the ordinal of the first day of a year's first week, which has the 4th of January."""
    fourth = date(year, 1, 4)
    return fourth.toordinal() - (fourth.weekday() - week_start) % 7


def _week(day: date, week_start: int) -> int:
    """Return the day's week number; the first week of a year has at least four of its days."""
    return (_thursday(day, week_start).timetuple().tm_yday - 1) // 7 + 1


def _thursday(day: date, week_start: int) -> date:
    """Return the fourth day of the day's week: the year of the week is that of this day."""
    return day + timedelta(days=3 - (day.weekday() - week_start) % 7)
