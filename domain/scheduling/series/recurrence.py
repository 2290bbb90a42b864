"""A recurrence rule: the part of RFC 5545's RRULE that a clinic plans with, always bounded.

``FREQ`` (DAILY, WEEKLY, MONTHLY, YEARLY), ``INTERVAL``, ``COUNT`` or ``UNTIL``, ``BYDAY`` (by the month or year with a number: ``-1FR``),
``BYMONTHDAY``, ``BYMONTH`` and ``WKST``. A rule names days; at which instant the visit of a day starts is for ``occurrences`` to say.
What else RRULE can say (hours, minutes, seconds, week numbers, days of the year, positions) is refused by its name, never ignored.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, Self, TypeVar

from domain.kernel.errors import InvalidValueError

MOST_VISITS: Final = 730
LONGEST_DAYS: Final = 731
"""Two years, a leap day in them."""

_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY: Final = re.compile(rf"([+-]?\d{{1,2}})?({'|'.join(_DAYS)})", re.ASCII)
_UNTIL: Final = re.compile(r"\d{8}(T\d{6}Z?)?", re.ASCII)
_KNOWN: Final = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST")
_UNSUPPORTED: Final = ("BYSETPOS", "BYYEARDAY", "BYWEEKNO", "BYHOUR", "BYMINUTE", "BYSECOND", "RSCALE", "SKIP")


T = TypeVar("T")


class Frequency(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class NamedDay(NamedTuple):
    """A day of the week; with ``nth`` only one of its month or year, from the end if negative, 0 for each."""

    nth: int
    weekday: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """``until`` is the last instant if it has an offset, otherwise the last time on the wall clock; exactly one of it and ``count``."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    by_day: tuple[NamedDay, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    week_start: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the rule that a text such as ``FREQ=WEEKLY;COUNT=8`` says.

        Raises InvalidValueError, which names the part: ``rrule.freq``, ``rrule.until``.
        """
        parts = _parts(text)
        if "FREQ" not in parts or parts["FREQ"] not in Frequency.__members__:
            raise _wrong("FREQ", f"FREQ is one of {', '.join(Frequency)}")
        if ("COUNT" in parts) == ("UNTIL" in parts):
            raise _wrong("UNTIL", "a series has an end: either UNTIL or COUNT")
        rule = cls(
            frequency=Frequency(parts["FREQ"]),
            interval=_whole(parts, "INTERVAL", 1, LONGEST_DAYS) or 1,
            count=_whole(parts, "COUNT", 1, MOST_VISITS),
            until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
            by_day=tuple(_listed(parts, "BYDAY", _named_day)),
            by_month_day=tuple(_listed(parts, "BYMONTHDAY", lambda part: _number(part, "BYMONTHDAY", 31))),
            by_month=tuple(_listed(parts, "BYMONTH", lambda part: abs(_number(part, "BYMONTH", 12, least=1)))),
            week_start=_week_start(parts.get("WKST", "MO")),
        )
        rule._refuse_nonsense()
        return rule

    def days(self, first: date) -> Iterator[date]:
        """Yield the days that the rule names from ``first`` on, for two years, whatever its end."""
        matches = self._matcher(first)
        began = self._period(first)
        for ordinal in range(first.toordinal(), first.toordinal() + LONGEST_DAYS):
            day = date.fromordinal(ordinal)
            if (self._period(day) - began) % self.interval == 0 and matches(day):
                yield day

    def _refuse_nonsense(self) -> None:
        is_long = self.frequency in (Frequency.MONTHLY, Frequency.YEARLY)
        if not is_long and any(day.nth for day in self.by_day):
            raise _wrong("BYDAY", "a numbered day belongs to a month or a year")
        most = 53 if self.frequency is Frequency.YEARLY and not self.by_month else 5
        if any(abs(day.nth) > most for day in self.by_day):
            raise _wrong("BYDAY", f"there are at most {most} of them")
        if self.frequency is Frequency.WEEKLY and self.by_month_day:
            raise _wrong("BYMONTHDAY", "a weekly rule has no days of the month")
        if self.frequency is Frequency.YEARLY and self.by_month_day and not self.by_month:
            # Some programs take the month of the first day, others all twelve (read 2026-11-22: ical.js 2.2.1, python-dateutil 2.9.0).
            raise _wrong("BYMONTH", "a yearly rule with BYMONTHDAY says in which months: BYMONTH")

    def _period(self, day: date) -> int:
        """Return which day, week, month or year it is, counted from one that does not matter."""
        if self.frequency is Frequency.DAILY:
            return day.toordinal()
        if self.frequency is Frequency.WEEKLY:
            return (day.toordinal() - 1 - self.week_start) // 7
        return day.year * 12 + day.month if self.frequency is Frequency.MONTHLY else day.year

    def _matcher(self, first: date) -> Callable[[date], bool]:
        """Return what tells whether the rule names a day; what the rule leaves open is as on the first day."""
        months, month_days, days = self.by_month, self.by_month_day, self.by_day
        if not (month_days or days):
            if self.frequency is Frequency.WEEKLY:
                days = (NamedDay(0, first.weekday()),)
            elif self.frequency is not Frequency.DAILY:
                month_days = (first.day,)
                if self.frequency is Frequency.YEARLY:
                    months = months or (first.month,)
        by_year = self.frequency is Frequency.YEARLY and not months

        def matches(day: date) -> bool:
            if months and day.month not in months:
                return False
            if month_days and not {day.day, day.day - 1 - _month_length(day)} & set(month_days):
                return False
            return not days or any(_is(day, named, by_year) for named in days)

        return matches


def _is(day: date, named: NamedDay, by_year: bool) -> bool:
    if day.weekday() != named.weekday:
        return False
    if not named.nth:
        return True
    first = day.replace(month=1, day=1) if by_year else day.replace(day=1)
    length = (date(day.year, 12, 31) - first).days + 1 if by_year else _month_length(day)
    passed = (day - first).days
    return named.nth in (passed // 7 + 1, -((length - 1 - passed) // 7 + 1))


def _month_length(day: date) -> int:
    following = day.replace(day=28) + timedelta(days=4)
    return (following - timedelta(days=following.day)).day


def _parts(text: str) -> Mapping[str, str]:
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if name in _UNSUPPORTED:
            raise _wrong(name, f"{name} is not supported; a rule is made of {', '.join(_KNOWN)}")
        if name not in _KNOWN or not equals or name in parts:
            raise InvalidValueError("rrule", f"a rule is written FREQ=WEEKLY;COUNT=8, each of {', '.join(_KNOWN)} once")
        parts[name] = value
    return parts


def _listed(parts: Mapping[str, str], name: str, read: Callable[[str], T]) -> list[T]:
    return list(dict.fromkeys(read(part) for part in parts[name].split(","))) if name in parts else []


def _named_day(part: str) -> NamedDay:
    match = _DAY.fullmatch(part)
    if match is None or (match[1] and not int(match[1])):
        raise _wrong("BYDAY", "a day is written MO, or 2MO for the second and -1MO for the last one")
    return NamedDay(int(match[1] or 0), _DAYS.index(match[2]))


def _week_start(part: str) -> int:
    if part not in _DAYS:
        raise _wrong("WKST", f"a week starts on one of {', '.join(_DAYS)}")
    return _DAYS.index(part)


def _whole(parts: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    return _number(parts[name], name, most, least=least) if name in parts else None


def _number(part: str, name: str, most: int, least: int | None = None) -> int:
    """Return a whole number up to ``most``, from ``least`` on; without ``least`` from ``-most`` on, but not 0."""
    if re.fullmatch(r"[+-]?\d{1,9}", part, re.ASCII):
        number = int(part)
        if (least or -most) <= number <= most and number:
            return number
    said = f"from {least}" if least else f"from -{most}, but not 0,"
    raise _wrong(name, f"{name} is a whole number {said} to {most}")


def _until(part: str) -> datetime:
    if match := _UNTIL.fullmatch(part):
        try:
            until = datetime.fromisoformat(part)
            return until if match[1] else datetime.combine(until, time.max)
        except ValueError:
            pass
    raise _wrong("UNTIL", "UNTIL is written 20261231, 20261231T180000 or, in UTC, 20261231T170000Z")


def _wrong(part: str, message: str) -> InvalidValueError:
    return InvalidValueError(f"rrule.{part.lower()}", message)
