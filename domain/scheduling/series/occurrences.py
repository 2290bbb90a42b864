"""When the visits of a series start: the days of its rule, at one time of the wall clock of one zone.

Neither the process's zone nor that of whoever asks has a part in it. Where the clocks jump over the time, a visit starts as much later as
they jump; where they show it twice, it starts the first time. Both as RFC 5545 has it (section 3.3.5, read 2026-11-22).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.kernel.errors import InvalidValueError
from domain.kernel.zones import zone
from domain.scheduling.series.recurrence import LONGEST_DAYS, MOST_VISITS, Recurrence


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One of a series' visits as the rule has it: ``index`` counts from 1, ``original`` is its time on the wall clock, naive."""

    index: int
    original: datetime
    starts_at: datetime


def occurrences(rule: Recurrence, starts_at: datetime, zone_name: str) -> list[Occurrence]:
    """Return all occurrences of a series in order, at least one and at most 730 within two years.

    The first is ``starts_at`` itself. Raises InvalidValueError: the rule does not name its day (``starts_at``), it ends before it
    (``rrule.until``), or too many visits or too long a time (``rrule.until`` or ``rrule.count``); UnknownZoneError.
    """
    first = starts_at.astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)
    end = "rrule.count" if rule.count else "rrule.until"
    if rule.until is not None and _is_over(rule.until, first, starts_at):
        raise InvalidValueError(end, "the series would end before its first visit")
    if rule.until is not None and rule.until.replace(tzinfo=None) - first > timedelta(days=LONGEST_DAYS):
        raise InvalidValueError(end, "a series covers at most two years")
    found: list[Occurrence] = []
    for day in rule.days(first.date()):
        if not found and day != first.date():
            raise InvalidValueError("starts_at", "the first visit falls on a day that the rule does not name")
        original = datetime.combine(day, first.time())
        at = on_the_wall(original, zone_name) if found else starts_at.astimezone(UTC)
        if rule.until is not None and _is_over(rule.until, original, at):
            return found
        if len(found) == MOST_VISITS:
            raise InvalidValueError(end, f"a series has at most {MOST_VISITS} visits")
        found.append(Occurrence(len(found) + 1, original, at))
        if len(found) == rule.count:
            return found
    if not found:
        raise InvalidValueError("starts_at", "the first visit falls on a day that the rule does not name")
    if rule.count is not None:
        raise InvalidValueError(end, "a series covers at most two years")
    return found


def on_the_wall(local: datetime, zone_name: str) -> datetime:
    """Return the instant (UTC) at which a visit starts that is planned for ``local``, a naive time on the zone's wall clock."""
    # fold=0 is the first of two, and before a jump it still counts by the offset of before: so the time moves on by the jump.
    return local.replace(tzinfo=zone(zone_name), fold=0).astimezone(UTC)


def _is_over(until: datetime, local: datetime, at: datetime) -> bool:
    return (at if until.tzinfo else local) > until
