"""The occurrences of a series or course: its rule, expanded in the local time of one zone.

Where the clock skips the time, a visit starts later by the length of the gap. Where the clock shows
the time twice, it starts the first time. Both follow RFC 5545, section 3.3.5 (read 2026-11-22).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from domain.kernel.errors import InvalidValueError
from domain.kernel.zones import zone
from domain.scheduling.series.occurrence_plan import PlannedOccurrence
from domain.scheduling.series.recurrence import Frequency, Recurrence, invalid_part

MAX_VISITS: Final = 730
LONGEST_DAYS: Final = 731
"""Two years, one of them a leap year."""


def series_rule(text: str) -> Recurrence:
    """Parse a rule that a series may have: it has an end, and names days only.

    Raises InvalidValueError, whose field names the part: ``rrule.freq``, ``rrule.until``.
    """
    rule = Recurrence.parse(text)
    unsupported = {
        "BYSETPOS": rule.by_position,
        "BYYEARDAY": rule.by_year_day,
        "BYWEEKNO": rule.by_week,
        "BYHOUR": rule.by_hour,
        "BYMINUTE": rule.by_minute,
        "BYSECOND": rule.by_second,
    }
    for name, values in unsupported.items():
        if values:
            raise invalid_part(name, f"{name} is not supported in a series")
    if (rule.count is None) == (rule.until is None):
        raise invalid_part("UNTIL", "a series has an end: either UNTIL or COUNT")
    if rule.interval > LONGEST_DAYS:
        raise invalid_part("INTERVAL", f"INTERVAL is at most {LONGEST_DAYS}")
    if rule.count is not None and rule.count > MAX_VISITS:
        raise invalid_part("COUNT", f"COUNT is at most {MAX_VISITS}")
    _refuse_contradictions(rule)
    return rule


def occurrences(rule: Recurrence, starts_at: datetime, zone_name: str) -> list[PlannedOccurrence]:
    """Return all occurrences of a series in order, at least one and at most 730 within two years.

    The first is ``starts_at`` itself. Raises InvalidValueError: the rule does not name its day
    (``starts_at``), it ends before it (``rrule.until``), or there are too many visits or the series
    is too long (``rrule.until`` or ``rrule.count``); UnknownZoneError.
    """
    first = starts_at.astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)
    end = "rrule.count" if rule.count else "rrule.until"
    if rule.until is not None and _is_over(rule.until, first, starts_at):
        raise InvalidValueError(end, "the series would end before its first visit")
    if rule.until is not None and rule.until.replace(tzinfo=None) - first > timedelta(days=LONGEST_DAYS):
        raise InvalidValueError(end, "a series covers at most two years")
    all_days = days(rule, first.date())
    if next(all_days, None) != first.date():
        raise InvalidValueError("starts_at", "the first visit falls on a day that the rule does not name")
    found = [PlannedOccurrence(1, first, starts_at.astimezone(UTC))]
    for day in all_days:
        original = datetime.combine(day, first.time())
        instant = to_instant(original, zone_name)
        if len(found) == rule.count or (rule.until is not None and _is_over(rule.until, original, instant)):
            return found
        if len(found) == MAX_VISITS:
            raise InvalidValueError(end, f"a series has at most {MAX_VISITS} visits")
        found.append(PlannedOccurrence(len(found) + 1, original, instant))
    if rule.count is not None and len(found) < rule.count:
        raise InvalidValueError(end, "a series covers at most two years")
    return found


def days(rule: Recurrence, first: date) -> Iterator[date]:
    """Yield the days that a rule names in the two years from ``first`` on, ignoring its end."""
    begins = datetime.combine(first, time())
    endless = replace(rule, count=None, until=None)
    return (start.date() for start in endless.starts(begins, begins, begins + timedelta(days=LONGEST_DAYS)))


def to_instant(local: datetime, zone_name: str) -> datetime:
    """Return the instant (UTC) of a naive local time in a zone."""
    # fold=0 is the first of two. In a gap it takes the offset before it, which adds the gap.
    return local.replace(tzinfo=zone(zone_name), fold=0).astimezone(UTC)


def shifted(planned: datetime, zone_name: str, from_planned: datetime, to: datetime) -> datetime:
    """Return the new start of a visit when another one moves from ``from_planned`` to ``to``.

    In local time it takes the new time of day and moves by the same number of days. The moved visit
    itself gets exactly ``to``.
    """
    if planned == from_planned:
        return to
    tz = zone(zone_name)
    goal = to.astimezone(tz).replace(tzinfo=None, fold=0)
    days = goal.date() - from_planned.astimezone(tz).date()
    own = planned.astimezone(tz)
    return to_instant(datetime.combine(own.date() + days, goal.time()), zone_name)


def _refuse_contradictions(rule: Recurrence) -> None:
    numbers = [abs(nth) for _, nth in rule.by_day if nth]
    most = 53 if rule.frequency is Frequency.YEARLY and not rule.by_month else 5
    if max(numbers, default=0) > most:
        raise invalid_part("BYDAY", f"there are at most {most} of them")
    if rule.frequency is Frequency.YEARLY and rule.by_month_day and not rule.by_month:
        # Some programs use the month of the first day, others all twelve (ical.js 2.2.1 and
        # python-dateutil 2.9.0).
        raise invalid_part("BYMONTH", "a yearly rule with BYMONTHDAY needs BYMONTH")


def _is_over(until: datetime, local: datetime, instant: datetime) -> bool:
    return (instant if until.tzinfo else local) > until
