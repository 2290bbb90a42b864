"""What a time on a wall clock means: in the zone that a calendar names, or by the rules that it brings along."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from application.scheduling.calendars.icalendar.reading import Component
from application.scheduling.calendars.icalendar.rules import Budget, rule_of, starts_of
from application.scheduling.calendars.icalendar.values import moment, offset
from application.scheduling.calendars.icalendar.windows_zones import WINDOWS_ZONES

Clock: TypeAlias = Callable[[datetime], datetime]
"""Takes a time on the wall (naive) to its instant in UTC. One that the clocks jump over moves on by the jump; of one that they show twice
the first is meant."""

_LONG_AGO: Final = datetime(1970, 1, 1)  # noqa: DTZ001  a time on a wall clock


class UnknownZoneNameError(ValueError):
    """No zone is called so, and the calendar does not say what it means."""


def in_zone(name: str) -> Clock:
    """Return the clock of a zone by its IANA name."""
    zone = ZoneInfo(name)
    return lambda wall: wall.replace(tzinfo=zone).astimezone(UTC)


class Clocks:
    """The clocks that one calendar names: by IANA's names, by Windows', by those of a path that ends in one; or by its own rules."""

    def __init__(self, calendar: Component, floating: str, until: datetime, budget: Budget) -> None:
        """``floating`` is the zone of times that name none, unless the calendar says another; rules are followed to ``until``."""
        self._own: Mapping[str, Component] = {
            part.said("TZID").strip('"'): part for part in calendar.parts if part.name == "VTIMEZONE"
        }
        self._until = until.replace(tzinfo=None)
        self._budget = budget
        self._known: dict[str, Clock] = {}
        said = zone_called(calendar.said("X-WR-TIMEZONE"))
        self.floating = in_zone(said or floating)

    def named(self, name: str | None) -> Clock:
        """Return the clock that a TZID means; without one the floating one. Raises UnknownZoneNameError."""
        if not name:
            return self.floating
        if name not in self._known:
            self._known[name] = self._found(name)
        return self._known[name]

    def _found(self, name: str) -> Clock:
        own = self._own.get(name)
        said = zone_called(name) or (zone_called(own.said("X-LIC-LOCATION")) if own else None)
        if said:
            return in_zone(said)
        if own is None:
            raise UnknownZoneNameError(name)
        return _by_rules(own, self._until, self._budget)


@lru_cache(maxsize=4096)
def zone_called(name: str) -> str | None:
    """Return the IANA zone that a name means; None if it means none."""
    name = name.strip().strip('"')
    if name in WINDOWS_ZONES:
        return WINDOWS_ZONES[name]
    zones = _zones()
    if found := zones.get(name.replace(" ", "_").lower()):
        return found
    parts = name.replace(" ", "_").lower().split("/")
    ends = ("/".join(parts[-number:]) for number in (3, 2))
    return next((zones[end] for end in ends if len(parts) > 2 and end in zones), None)


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


def _by_rules(zone: Component, until: datetime, budget: Budget) -> Clock:
    """Return the clock that a VTIMEZONE describes. Raises ValueError: it describes none."""
    changes: list[tuple[datetime, timedelta]] = []
    earlier = timedelta()
    first = datetime.max  # noqa: DTZ901  a time on a wall clock
    for part in zone.parts:
        if part.name not in ("STANDARD", "DAYLIGHT"):
            continue
        before, after = offset(part.said("TZOFFSETFROM")), offset(part.said("TZOFFSETTO"))
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
    """Return when, on the clock that ends with it, a part of a zone begins to hold."""
    begins = _wall(part.said("DTSTART"), before)
    yield begins
    for said in part.all("RDATE"):
        for each in said.value.split(","):
            yield _wall(each.partition("/")[0], before)
    for said in part.all("RRULE"):
        rule = rule_of(said.value)
        if isinstance(rule.until, datetime) and rule.until.tzinfo:
            rule = replace(rule, until=(rule.until + before).replace(tzinfo=None))
        # A zone that began in 1601 need not be followed from there.
        yield from starts_of(rule, begins, max(begins, _LONG_AGO), until, budget)


def _wall(text: str, before: timedelta) -> datetime:
    at = moment(text)
    if not isinstance(at, datetime):
        return datetime(at.year, at.month, at.day)  # noqa: DTZ001  a time on a wall clock
    return (at + before).replace(tzinfo=None) if at.tzinfo else at
