"""Opening hours as instants, in whole seconds since 1970 (UTC).

A local time that a clock change skips becomes the moment of the change; of an ambiguous one the
first is used. So a place is never open at a local time outside its hours.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from domain.kernel.zones import zone
from domain.practice.weekly_hours import DAY, Hours

_LOOK_AHEAD: Final = 3
"""Days read beyond the last, so that openings cover the longest visit (24 h)."""


class Opening(NamedTuple):
    """Visits may start in ``[starts, grid_ends)`` on a grid from ``starts``, and end by ``closes``.

    ``closes`` is the end of all openings that touch this one.
    """

    starts: int
    grid_ends: int
    closes: int


@lru_cache(maxsize=512)
def openings(hours: Hours, zone_name: str, first: int, last: int) -> tuple[Opening, ...]:
    """Return the openings on dates ``first`` to ``last`` (ordinals) and a few after, in order.

    Touching openings form one period, but each starts its own grid, so the result for a day does
    not depend on which other days are queried.
    """
    ranges: list[tuple[int, int]] = []
    for day in range(first, last + _LOOK_AHEAD + 1):
        day_ranges = hours.on(day)
        midnight = _regular_midnight(zone_name, day) if day_ranges else None
        for start, end in day_ranges:
            if midnight is not None and end <= DAY:
                ranges.append((midnight + start * 60, midnight + end * 60))
                continue
            is_cut = end > DAY and hours.is_overridden(day + 1)
            begins, ends = instant(zone_name, day, start), instant(zone_name, day, DAY if is_cut else end)
            if begins < ends:
                ranges.append((begins, ends))
    found: list[Opening] = []
    position = 0
    while position < len(ranges):
        closes = ranges[position][1]
        following = position + 1
        while following < len(ranges) and ranges[following][0] <= closes:
            closes = max(closes, ranges[following][1])
            following += 1
        for member in range(position, following):
            grid_ends = ranges[member + 1][0] if member + 1 < following else closes
            found.append(Opening(ranges[member][0], grid_ends, closes))
        position = following
    return tuple(found)


def instant(zone_name: str, day: int, minute: int) -> int:
    """Return the instant of local ``minute`` (0 to 2880) of ``day``, an ordinal."""
    if minute > DAY:
        day, minute = day + 1, minute - DAY
    midnight = _regular_midnight(zone_name, day)
    return _searched_instant(zone_name, day, minute) if midnight is None else midnight + minute * 60


def day_of(zone_name: str, epoch: int) -> int:
    """Return the ordinal of the civil date in the zone at ``epoch``."""
    return datetime.fromtimestamp(epoch, zone(zone_name)).toordinal()


@lru_cache(maxsize=32_768)
def _regular_midnight(zone_name: str, day: int) -> int | None:
    """Return the start of the date; None if its clocks change, so that minutes cannot be added."""
    tz = zone(zone_name)
    midnight = datetime.combine(date.fromordinal(day), datetime.min.time(), tz)
    offset = midnight.utcoffset()
    for hours in (0, 6, 12, 18, 24):
        moment = midnight + timedelta(hours=hours)
        if moment.utcoffset() != offset or moment.replace(fold=1).utcoffset() != offset:
            return None
    return int(midnight.timestamp())


@lru_cache(maxsize=8_192)
def _searched_instant(zone_name: str, day: int, minute: int) -> int:
    tz = zone(zone_name)
    local = datetime.combine(date.fromordinal(day), datetime.min.time(), UTC) + timedelta(minutes=minute)
    before = _offset(local.replace(tzinfo=tz, fold=0))
    after = _offset(local.replace(tzinfo=tz, fold=1))
    wall = int(local.timestamp())
    if before >= after:
        return wall - before
    return _clock_change(tz, wall - after, wall - before, before)


def _clock_change(tz: ZoneInfo, earlier: int, later: int, offset_before: int) -> int:
    """Return the first second after ``earlier`` with another offset."""
    while later - earlier > 1:
        middle = (earlier + later) // 2
        if _offset(datetime.fromtimestamp(middle, tz)) == offset_before:
            earlier = middle
        else:
            later = middle
    return later


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset else 0
