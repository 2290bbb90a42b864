"""The offsets of a zone in a release of the time zone database, and differences between releases.

Events store instants, but people agree on local times. The release in force at that time converts
one into the other.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Self

from domain.kernel.time_range import TimeRange
from domain.kernel.zones import zone

YEARS: Final = 8
"""Rules are stored for so many years; later visits keep their instants."""
_STEP: Final = timedelta(days=14)
"""No zone has changed its clocks twice within a fortnight since rules are published in advance."""


class OffsetDisagreement(NamedTuple):
    """A range in which two releases disagree, with their offsets from UTC in seconds."""

    during: TimeRange
    before: int
    after: int

    def __str__(self) -> str:
        starts, ends = (f"{moment:%Y-%m-%dT%H:%MZ}" for moment in (self.during.starts_at, self.during.ends_at))
        return f"{starts}/{ends} {_offset_text(self.before)} {_offset_text(self.after)}"


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """``changes`` pairs instants with the offset from UTC in seconds from then on, in order.

    The last offset applies until ``ends_at``.
    """

    changes: tuple[tuple[datetime, int], ...]
    ends_at: datetime

    @classmethod
    def read(cls, zone_name: str, from_year: int) -> Self:
        """Return ``YEARS`` years of the installed release. Raises UnknownZoneError."""
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
        """Return the offset in seconds; before the first change, the first offset."""
        return self.changes[max(self._index(instant), 0)][1]

    def knows(self, instant: datetime) -> bool:
        return self.changes[0][0] <= instant < self.ends_at

    def local_time(self, instant: datetime) -> datetime:
        """Return the local time of an instant, naive."""
        return (instant.astimezone(UTC) + timedelta(seconds=self.offset_at(instant))).replace(tzinfo=None)

    def instant(self, local: datetime) -> datetime:
        """Return the instant of a local time.

        Of an ambiguous local time the first; a skipped one is shifted by the length of the gap.
        """
        as_utc = local.replace(tzinfo=UTC)
        offset_before = self.changes[0][1]
        for index, (since, offset) in enumerate(self.changes):
            at = as_utc - timedelta(seconds=offset)
            until = self.changes[index + 1][0] if index + 1 < len(self.changes) else None
            if until is None or at < until:
                return at if at >= since or index == 0 else as_utc - timedelta(seconds=offset_before)
            offset_before = offset
        raise AssertionError("the last offset has no end")

    def _index(self, instant: datetime) -> int:
        return bisect_right(self.changes, instant, key=lambda change: change[0]) - 1


def at_same_local_time(instant: datetime, before: ZoneRules, after: ZoneRules) -> datetime:
    """Return the instant that has by ``after`` the local time of ``instant`` by ``before``.

    Unchanged if both give it the same offset, or one does not cover it.
    """
    if not (before.knows(instant) and after.knows(instant)) or before.offset_at(instant) == after.offset_at(instant):
        return instant
    return after.instant(before.local_time(instant))


def disagreements(before: ZoneRules, after: ZoneRules, from_: datetime) -> Sequence[OffsetDisagreement]:
    """Return the ranges from an instant on in which two releases give a zone different offsets."""
    starts = max(before.changes[0][0], after.changes[0][0], from_)
    ends = min(before.ends_at, after.ends_at)
    if starts >= ends:
        return []
    edges = sorted({starts, *(at for at, _ in (*before.changes, *after.changes) if starts < at < ends)})
    found: list[OffsetDisagreement] = []
    for begins, until in zip(edges, [*edges[1:], ends], strict=True):
        old, new = before.offset_at(begins), after.offset_at(begins)
        if old == new:
            continue
        if found and found[-1].during.ends_at == begins and found[-1][1:] == (old, new):
            found[-1] = OffsetDisagreement(TimeRange(found[-1].during.starts_at, until), old, new)
        else:
            found.append(OffsetDisagreement(TimeRange(begins, until), old, new))
    return found


def _offset(moment: datetime) -> int:
    return int((moment.utcoffset() or timedelta()).total_seconds())


def _offset_text(offset: int) -> str:
    minutes = abs(offset) // 60
    return f"{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
