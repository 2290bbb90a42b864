"""Converts wall-clock times to instants by the zone that a calendar names, or by its VTIMEZONE."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from adapters.icalendar.components import Component
from adapters.icalendar.rules import Budget, rule_of
from adapters.icalendar.values import moment

Clock: TypeAlias = Callable[[datetime], datetime]
"""Converts a naive time on a wall clock to its instant in UTC.

A skipped time moves forward by the gap; of an ambiguous time, the first instant is taken.
"""

_LONG_AGO: Final = datetime(1970, 1, 1)  # noqa: DTZ001  a time on a wall clock


class UnknownZoneNameError(ValueError):
    """No zone has this name, and the calendar does not define it."""


class Clocks:
    """The clocks of one calendar, by TZID.

    A TZID is an IANA name, a Windows name, a path ending in an IANA name, or that of a VTIMEZONE.
    """

    def __init__(self, calendar: Component, floating: str, until: datetime, budget: Budget) -> None:
        """``floating`` is the zone of times without one, unless the calendar names it.

        Rules are expanded up to ``until``.
        """
        self._definitions: Mapping[str, Component] = {
            part.text("TZID").strip('"'): part for part in calendar.children if part.name == "VTIMEZONE"
        }
        self._until = until.replace(tzinfo=None)
        self._budget = budget
        self._clocks: dict[str, Clock] = {}
        self.floating = _clock_in(zone_called(calendar.text("X-WR-TIMEZONE")) or floating)

    def named(self, name: str | None) -> Clock:
        """Return the clock of a TZID, or the floating clock. Raises UnknownZoneNameError."""
        if not name:
            return self.floating
        if name not in self._clocks:
            self._clocks[name] = self._find(name)
        return self._clocks[name]

    def _find(self, name: str) -> Clock:
        definition = self._definitions.get(name)
        zone = zone_called(name) or (zone_called(definition.text("X-LIC-LOCATION")) if definition else None)
        if zone:
            return _clock_in(zone)
        if definition is None:
            raise UnknownZoneNameError(name)
        return _clock_by_rules(definition, self._until, self._budget)


@lru_cache(maxsize=4096)
def zone_called(name: str) -> str | None:
    """Return the IANA zone of a name, or None."""
    name = name.strip().strip('"')
    if name in WINDOWS_TO_OLSON:
        return WINDOWS_TO_OLSON[name]
    zones = _zones()
    if found := zones.get(name.replace(" ", "_").lower()):
        return found
    parts = name.replace(" ", "_").lower().split("/")
    ends = ("/".join(parts[-number:]) for number in (3, 2))
    return next((zones[end] for end in ends if len(parts) > 2 and end in zones), None)


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


def _clock_in(name: str) -> Clock:
    zone = ZoneInfo(name)
    return lambda wall: wall.replace(tzinfo=zone).astimezone(UTC)


def _clock_by_rules(definition: Component, until: datetime, budget: Budget) -> Clock:
    """Return the clock of a VTIMEZONE. Raises ValueError: it is malformed or empty."""
    changes: list[tuple[datetime, timedelta]] = []
    earlier = timedelta()
    first = datetime.max  # noqa: DTZ901  a time on a wall clock
    for part in definition.children:
        if part.name not in ("STANDARD", "DAYLIGHT"):
            continue
        before, after = _offset(part.text("TZOFFSETFROM")), _offset(part.text("TZOFFSETTO"))
        for onset in _onsets(part, before, until, budget):
            changes.append((onset, after))
            if onset < first:
                first, earlier = onset, before
    if not changes:
        raise UnknownZoneNameError("a zone without rules")
    changes.sort(key=lambda change: change[0])
    onsets = [onset for onset, _ in changes]

    def clock(wall: datetime) -> datetime:
        place = bisect_right(onsets, wall)
        return (wall - (changes[place - 1][1] if place else earlier)).replace(tzinfo=UTC)

    return clock


def _onsets(part: Component, before: timedelta, until: datetime, budget: Budget) -> Iterable[datetime]:
    """Return when a part of a zone takes effect, in local time by the offset before."""
    begins = _wall(part.text("DTSTART"), before)
    yield begins
    for dates in part.all("RDATE"):
        for each in dates.value.split(","):
            yield _wall(each.partition("/")[0], before)
    for text in part.all("RRULE"):
        rule = rule_of(text.value)
        if rule.until is not None and rule.until.tzinfo:
            rule = replace(rule, until=(rule.until + before).replace(tzinfo=None))
        # Some zones begin in 1601.
        yield from rule.starts(begins, max(begins, _LONG_AGO), until, budget.spend)


def _offset(text: str) -> timedelta:
    offset = datetime.strptime(text.strip(), "%z").utcoffset()
    if offset is None:
        raise ValueError("no offset")
    return offset


def _wall(text: str, before: timedelta) -> datetime:
    at = moment(text)
    if not isinstance(at, datetime):
        return datetime(at.year, at.month, at.day)  # noqa: DTZ001  a time on a wall clock
    return (at + before).replace(tzinfo=None) if at.tzinfo else at
