"""Converts wall-clock times to instants by the zone that a calendar names, or by its VTIMEZONE."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from adapters.icalendar.components import Component
from adapters.icalendar.display_names import zone_displayed_as
from adapters.icalendar.rules import Budget, rule_of
from adapters.icalendar.values import moment

Clock: TypeAlias = Callable[[datetime], datetime]
"""Converts a naive time on a wall clock to its instant in UTC.

A skipped time moves forward by the gap; of an ambiguous time, the first instant is taken.
"""

_OF_EXCHANGE: Final = "tzone://microsoft/"
_ESCAPED: Final = re.compile(r"\\([,;:\\])")
_LONG_AGO: Final = datetime(1970, 1, 1)  # noqa: DTZ001  a time on a wall clock


class UnknownZoneNameError(ValueError):
    """No zone has this name, and the calendar does not define it."""


class Clocks:
    """The clocks of one calendar, by TZID.

    A TZID is an IANA name, a Windows name, a path ending in an IANA name, that of a VTIMEZONE, or a
    display name of Windows.
    """

    def __init__(self, calendar: Component, floating: str, until: datetime, budget: Budget) -> None:
        """``floating`` is the zone of times without one, unless the calendar names it.

        Rules are expanded up to ``until``.
        """
        self._definitions: Mapping[str, Component] = {
            _key(part.text("TZID")): part for part in calendar.children if part.name == "VTIMEZONE"
        }
        self._until = until.replace(tzinfo=None)
        self._budget = budget
        self._clocks: dict[str, Clock] = {}
        own = _unescaped(calendar.text("X-WR-TIMEZONE"))
        self._floating_zone = zone_called(own) or zone_displayed_as(own) or floating
        self.floating = _clock_in(self._floating_zone)

    def date_of(self, instant: datetime) -> date:
        """Return the date of an instant in the zone of times without one."""
        return instant.astimezone(ZoneInfo(self._floating_zone)).date()

    def named(self, name: str | None) -> Clock:
        """Return the clock of a TZID, or the floating clock. Raises UnknownZoneNameError."""
        if not name:
            return self.floating
        if name not in self._clocks:
            self._clocks[name] = self._find(name)
        return self._clocks[name]

    def _find(self, name: str) -> Clock:
        definition, name = self._definitions.get(_key(name)), _unescaped(name)
        zone = zone_called(name) or (zone_called(definition.text("X-LIC-LOCATION")) if definition else None)
        if zone is None and definition is not None:
            return _clock_by_rules(definition, self._until, self._budget)
        zone = zone or zone_displayed_as(name)
        if zone is None:
            raise UnknownZoneNameError(name)
        return _clock_in(zone)


@lru_cache(maxsize=4096)
def zone_called(name: str) -> str | None:
    """Return the IANA zone of a name, or None."""
    name = name.strip().strip('"')
    if name.lower().startswith(_OF_EXCHANGE):
        name = name[len(_OF_EXCHANGE) :]
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


def _key(name: str) -> str:
    """Return how a TZID is looked up: as text it is escaped, as a parameter it is quoted."""
    return " ".join(_unescaped(name).strip('"').split()).casefold()


def _unescaped(name: str) -> str:
    return _ESCAPED.sub(r"\1", name)


def _clock_by_rules(definition: Component, until: datetime, budget: Budget) -> Clock:
    """Return the clock of a VTIMEZONE. Raises ValueError: it is malformed or empty."""
    changes: list[tuple[datetime, timedelta, timedelta]] = []
    for part in definition.children:
        if part.name in ("STANDARD", "DAYLIGHT"):
            before, after = _offset(part.text("TZOFFSETFROM")), _offset(part.text("TZOFFSETTO"))
            changes += ((onset, before, after) for onset in _onsets(part, before, until, budget))
    if not changes:
        raise UnknownZoneNameError("a zone without rules")
    changes.sort()
    # RFC 5545, section 3.3.5: a skipped time has the offset before the gap. So the offset after it
    # applies from the gap's end on, and from the end of the repeated hour.
    since = [onset + max(timedelta(), after - before) for onset, before, after in changes]
    offsets = [changes[0][1], *(after for _, _, after in changes)]
    return lambda wall: (wall - offsets[bisect_right(since, wall)]).replace(tzinfo=UTC)


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
        yield from budget.starts(rule, begins, max(begins, _LONG_AGO), until)


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
