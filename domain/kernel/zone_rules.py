"""What a release of the time zone database says of one zone, and where a time goes that is to stay the same on the wall under another one.

An instant is recorded, and a time on the wall was meant. The release by which the one was made of the other tells it again.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Self

from domain.kernel.time_range import TimeRange
from domain.kernel.zones import zone

YEARS: Final = 8
"""How far ahead rules are kept, from the year on in which they were first seen. What lies behind that keeps its instant."""
_STEP: Final = timedelta(days=14)
"""No zone has ever changed its clocks and changed them back within a fortnight, since there are rules ahead of time."""


class Stretch(NamedTuple):
    """Some time in which two releases disagree, and what each says: offsets from UTC in seconds."""

    during: TimeRange
    before: int
    after: int

    def __str__(self) -> str:
        return f"{self.during.starts_at:%Y-%m-%dT%H:%MZ}/{self.during.ends_at:%Y-%m-%dT%H:%MZ} {_said(self.before)} {_said(self.after)}"


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """``changes`` are the instants, in order, from which an offset from UTC (in seconds) holds; the last one holds until ``ends_at``."""

    changes: tuple[tuple[datetime, int], ...]
    ends_at: datetime

    @classmethod
    def read(cls, zone_name: str, from_year: int) -> Self:
        """Return what this program's own release says, ``YEARS`` years long. Raises UnknownZoneError."""
        tz, at = zone(zone_name), datetime(from_year, 1, 1, tzinfo=UTC)
        ends_at = at.replace(year=from_year + YEARS)
        changes = [(at, _offset(at.astimezone(tz)))]
        while at < ends_at:
            following = min(at + _STEP, ends_at)
            if (offset := _offset(following.astimezone(tz))) != changes[-1][1]:
                low, high = at, following
                while high - low > timedelta(seconds=1):
                    middle = (low + (high - low) / 2).replace(microsecond=0)
                    low, high = (low, middle) if _offset(middle.astimezone(tz)) == offset else (middle, high)
                changes.append((high, offset))
            at = following
        return cls(tuple(changes), ends_at)

    def offset_at(self, instant: datetime) -> int:
        """Return the offset in seconds; before the first change that one's."""
        return self.changes[max(self._index(instant), 0)][1]

    def knows(self, instant: datetime) -> bool:
        return self.changes[0][0] <= instant < self.ends_at

    def wall(self, instant: datetime) -> datetime:
        """Return what the clock on the wall shows, naive."""
        return (instant.astimezone(UTC) + timedelta(seconds=self.offset_at(instant))).replace(tzinfo=None)

    def instant(self, wall: datetime) -> datetime:
        """Return when the clock shows it: of two times the first, and where the clocks jump over it as much later as they jump."""
        as_utc = wall.replace(tzinfo=UTC)
        offset_before = self.changes[0][1]
        for index, (since, offset) in enumerate(self.changes):
            at = as_utc - timedelta(seconds=offset)
            until = self.changes[index + 1][0] if index + 1 < len(self.changes) else None
            if until is None or at < until:
                return at if at >= since or index == 0 else as_utc - timedelta(seconds=offset_before)
            offset_before = offset
        raise AssertionError("the last change holds for ever")

    def _index(self, instant: datetime) -> int:
        return bisect_right(self.changes, instant, key=lambda change: change[0]) - 1


def kept_on_the_wall(instant: datetime, before: ZoneRules, after: ZoneRules) -> datetime:
    """Return when the clock shows, by the rules of ``after``, what it shows at an instant by those of ``before``.

    Where both say the same of the instant, or one of them says nothing, it stays.
    """
    if not (before.knows(instant) and after.knows(instant)) or before.offset_at(instant) == after.offset_at(instant):
        return instant
    return after.instant(before.wall(instant))


def disagreements(before: ZoneRules, after: ZoneRules, from_: datetime) -> Sequence[Stretch]:
    """Return the stretches, from an instant on, in which two releases give one zone different offsets."""
    starts = max(before.changes[0][0], after.changes[0][0], from_)
    ends = min(before.ends_at, after.ends_at)
    if starts >= ends:
        return []
    edges = sorted({starts, *(at for at, _ in (*before.changes, *after.changes) if starts < at < ends)})
    found: list[Stretch] = []
    for begins, until in zip(edges, [*edges[1:], ends], strict=True):
        old, new = before.offset_at(begins), after.offset_at(begins)
        if old == new:
            continue
        if found and found[-1].during.ends_at == begins and found[-1][1:] == (old, new):
            found[-1] = Stretch(TimeRange(found[-1].during.starts_at, until), old, new)
        else:
            found.append(Stretch(TimeRange(begins, until), old, new))
    return found


def _offset(moment: datetime) -> int:
    return int((moment.utcoffset() or timedelta()).total_seconds())


def _said(offset: int) -> str:
    minutes = abs(offset) // 60
    return f"{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
