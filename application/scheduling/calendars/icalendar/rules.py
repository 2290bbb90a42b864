"""RRULE of RFC 5545 (section 3.3.10) from a day to a year, on a wall clock; however a rule is made, reading it ends.

A period (a day, week, month or year) is looked at day by day, so that a rule which names no day there can be costs its days and no more.
Rules without COUNT are taken up near the time that is asked about. What cannot be read raises ValueError, and so does
UnsupportedRuleError.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from application.scheduling.calendars.icalendar.errors import CalendarTooLargeError
from application.scheduling.calendars.icalendar.values import moment

_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PERIODS: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_SHORTER: Final = ("HOURLY", "MINUTELY", "SECONDLY")
_MOST_TIMES_A_DAY: Final = 1_440


class UnsupportedRuleError(ValueError):
    """The rule may be right, and goes beyond what is read: it repeats within the day, or counts in another calendar."""


class Budget:
    """How many days may be looked at in all: hostile rules come in numbers."""

    def __init__(self, days: int) -> None:
        self._left = days

    def spend(self, days: int) -> None:
        """Raises CalendarTooLargeError: no more is left."""
        self._left -= days
        if self._left < 0:
            raise CalendarTooLargeError("the calendar's rules take too long to follow; let it reach less far back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``by_day`` are (weekday, nth), nth 0 for every; ``until`` as it was written."""

    period: str
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    by_day: frozenset[tuple[int, int]] = frozenset()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    week_start: int = 0


def rule_of(text: str) -> Rule:
    """Read a rule."""
    said: dict[str, str] = {}
    for part in text.strip().strip(";").upper().split(";"):
        name, _, value = part.partition("=")
        if name.strip() in said:
            raise ValueError("a part of a rule is said once")
        said[name.strip()] = value.strip()
    period = said.pop("FREQ", "")
    if period in _SHORTER or "RSCALE" in said:
        raise UnsupportedRuleError("this repeats within the day, or counts in another calendar")
    if period not in _PERIODS:
        raise ValueError("no FREQ")
    rule = Rule(
        period=period,
        interval=_number(said.pop("INTERVAL", "1"), 1, 10_000),
        count=_number(said.pop("COUNT"), 1, 10**9) if "COUNT" in said else None,
        until=moment(said.pop("UNTIL")) if "UNTIL" in said else None,
        months=frozenset(_numbers(said.pop("BYMONTH", ""), 12)),
        month_days=frozenset(_numbers(said.pop("BYMONTHDAY", ""), 31, backwards=True)),
        year_days=frozenset(_numbers(said.pop("BYYEARDAY", ""), 366, backwards=True)),
        weeks=frozenset(_numbers(said.pop("BYWEEKNO", ""), 53, backwards=True)),
        by_day=frozenset(_day(part) for part in said.pop("BYDAY", "").split(",") if part.strip()),
        hours=_numbers(said.pop("BYHOUR", ""), 23, least=0),
        minutes=_numbers(said.pop("BYMINUTE", ""), 59, least=0),
        seconds=_numbers(said.pop("BYSECOND", ""), 59, least=0),
        places=_numbers(said.pop("BYSETPOS", ""), 366, backwards=True),
        week_start=_WEEKDAYS.index(said.pop("WKST", "MO")),
    )
    if any(name and not name.startswith("X-") for name in said):
        raise ValueError("a rule has no such part")
    if max(1, len(rule.hours)) * max(1, len(rule.minutes)) * max(1, len(rule.seconds)) > _MOST_TIMES_A_DAY:
        raise UnsupportedRuleError("this repeats within the day")
    return rule


def starts_of(rule: Rule, first: datetime, begins: datetime, ends: datetime, budget: Budget) -> Iterator[datetime]:
    """Yield the times on the wall clock in ``[begins, ends)``, in order; ``first`` is DTSTART, from which the rule counts.

    ``rule.until``, if it is an instant, is taken for a time on the same clock: the caller has brought it there.
    """
    rule = _filled_in(rule, first)
    last = _last(rule.until)
    left = rule.count
    times = [
        time(hour, minute, second)
        for hour in rule.hours or (first.hour,)
        for minute in rule.minutes or (first.minute,)
        for second in rule.seconds or (first.second,)
    ]
    for days in _periods(rule, first.date(), begins.date() if left is None else first.date(), min(ends, last).date()):
        budget.spend(len(days) or 1)
        found = [datetime.combine(day, each) for day in days if _is_named(rule, day) for each in times]
        if rule.places:
            found = sorted(
                {found[at] for place in rule.places if -len(found) <= (at := place - (place > 0)) < len(found)}
            )
        for start in found:
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


def _filled_in(rule: Rule, first: datetime) -> Rule:
    """Say of the day what DTSTART says, where the rule leaves it open."""
    months, month_days, by_day = rule.months, rule.month_days, rule.by_day
    if not (month_days or rule.year_days or by_day):
        if rule.period == "WEEKLY" or rule.weeks:
            by_day = frozenset({(first.weekday(), 0)})
        elif rule.period != "DAILY":
            month_days = frozenset({first.day})
            if rule.period == "YEARLY":
                months = months or frozenset({first.month})
    return replace(rule, months=months, month_days=month_days, by_day=by_day)


def _periods(rule: Rule, first: date, begins: date, ends: date) -> Iterator[list[date]]:
    """Yield the days of each period that the rule counts, from that of ``begins`` to that of ``ends``."""
    step = rule.interval
    begins = max(first, begins)
    if rule.period in ("DAILY", "WEEKLY"):
        size = 1 if rule.period == "DAILY" else 7
        origin = first - timedelta(days=(first.weekday() - rule.week_start) % 7) if size == 7 else first
        number = max(0, (begins - origin).days // size // step)
        weekdays = {weekday for weekday, _ in rule.by_day} or set(range(7))
        while (begins_at := origin.toordinal() + number * step * size) <= min(
            ends.toordinal(), date.max.toordinal() - 7
        ):
            days = [date.fromordinal(begins_at + day) for day in range(size)]
            yield days if size == 1 else [day for day in days if day.weekday() in weekdays]
            number += 1
        return
    months = 1 if rule.period == "MONTHLY" else 12
    origin_month = first.year * 12 + (first.month - 1 if months == 1 else 0)
    number = max(0, (begins.year * 12 + begins.month - 1 - origin_month) // months // step)
    while (month := origin_month + number * step * months) <= min(ends.year, 9_999) * 12 + (
        ends.month - 1 if ends.year <= 9_999 else 11
    ):
        number += 1
        days = []
        for each in range(month, month + months):
            year, index = divmod(each, 12)
            if not rule.months or index + 1 in rule.months:
                days += [date(year, index + 1, day) for day in range(1, monthrange(year, index + 1)[1] + 1)]
        yield days


def _is_named(rule: Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    in_month = monthrange(day.year, day.month)[1] if rule.month_days or rule.by_day else 0
    if rule.month_days and not {day.day, day.day - in_month - 1} & rule.month_days:
        return False
    in_year = 366 if monthrange(day.year, 2)[1] == 29 else 365
    of_year = day.timetuple().tm_yday
    if rule.year_days and not {of_year, of_year - in_year - 1} & rule.year_days:
        return False
    if rule.weeks:
        # The 28th of December is always in the last week of its year.
        last_week = _thursday(day, rule.week_start).replace(month=12, day=28)
        week, weeks = _week(day, rule.week_start), _week(last_week, rule.week_start)
        if not {week, week - weeks - 1} & rule.weeks:
            return False
    if not rule.by_day:
        return True
    weekday = day.weekday()
    if (weekday, 0) in rule.by_day:
        return True
    if rule.period in ("DAILY", "WEEKLY"):
        return any(named == weekday for named, _ in rule.by_day)
    number, size = (of_year, in_year) if rule.period == "YEARLY" and not rule.months else (day.day, in_month)
    return (weekday, (number - 1) // 7 + 1) in rule.by_day or (weekday, -((size - number) // 7 + 1)) in rule.by_day


def _week(day: date, week_start: int) -> int:
    """The number of the day's week, the first having at least four days in its year."""
    return (_thursday(day, week_start).timetuple().tm_yday - 1) // 7 + 1


def _thursday(day: date, week_start: int) -> date:
    """The fourth day of the day's week, whose year is that of the week."""
    return day + timedelta(days=3 - (day.weekday() - week_start) % 7)


def _last(until: date | datetime | None) -> datetime:
    if until is None:
        return datetime.max  # noqa: DTZ901  a time on a wall clock
    if isinstance(until, datetime):
        return until.astimezone(UTC).replace(tzinfo=None) if until.tzinfo else until
    return datetime.combine(until, time(23, 59, 59))


def _day(text: str) -> tuple[int, int]:
    text = text.strip()
    number = int(text[:-2] or 0) if text[:-2] != "+" else 0
    if not -53 <= number <= 53:
        raise ValueError("a week has no such day")
    return _WEEKDAYS.index(text[-2:]), number


def _numbers(text: str, most: int, *, least: int = 1, backwards: bool = False) -> tuple[int, ...]:
    found = {int(part) for part in text.split(",") if part.strip()}
    if any(not (least <= number <= most or (backwards and -most <= number <= -least)) for number in found):
        raise ValueError("out of bounds")
    return tuple(sorted(found))


def _number(text: str, least: int, most: int) -> int:
    number = int(text)
    if not least <= number <= most:
        raise ValueError("out of bounds")
    return number
