"""The releases of the time zone database that an installation used, since when, and their rules."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Self

from domain.kernel.zone_rules import YEARS, ZoneRules
from domain.kernel.zones import RELEASE, zone_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A release, and when it was first used.

    ``changes`` has pairs [instant, offset from UTC] in seconds by zone, for ``YEARS`` years from
    the start of ``from_year``. ``is_finished``: its adoption was enqueued for each practice.
    """

    seen_at: datetime
    release: str
    from_year: int
    changes: Mapping[str, Sequence[Sequence[int]]]
    is_finished: bool = False

    @classmethod
    def own(cls, at: datetime) -> Self:
        """Return the installed release, first seen at an instant."""
        return cls(seen_at=at, release=RELEASE, from_year=at.year, changes=_all_changes(at.year))

    def rules(self, zone_name: str) -> ZoneRules | None:
        """Return the rules of a zone; None if the release does not have it."""
        if zone_name not in self.changes:
            return None
        changes = tuple((datetime.fromtimestamp(at, UTC), offset) for at, offset in self.changes[zone_name])
        return ZoneRules(changes, datetime(self.from_year + YEARS, 1, 1, tzinfo=UTC))


class Sightings:
    """All sightings, at least one; the newest is in force now."""

    def __init__(self, seen: Sequence[Sighting]) -> None:
        self._seen = sorted(seen, key=lambda sighting: sighting.seen_at)
        self._rules: dict[tuple[int, str], ZoneRules | None] = {}

    @property
    def newest(self) -> Sighting:
        return self._seen[-1]

    @property
    def oldest(self) -> Sighting:
        return self._seen[0]

    @property
    def former(self) -> list[int]:
        """The indexes of sightings of other releases than the newest."""
        return [index for index, each in enumerate(self._seen) if each.release != self.newest.release]

    def release(self, index: int) -> str:
        return self._seen[index].release

    def in_force_at(self, instant: datetime) -> int:
        """Return the index of the sighting in force at an instant; at least the first."""
        return max(bisect_right(self._seen, instant, key=lambda sighting: sighting.seen_at) - 1, 0)

    def rules(self, index: int, zone_name: str) -> ZoneRules | None:
        """Return the rules of a zone at one sighting; None if its release does not have it."""
        key = (index, zone_name)
        if key not in self._rules:
            self._rules[key] = self._seen[index].rules(zone_name)
        return self._rules[key]

    def newest_rules(self, zone_name: str) -> ZoneRules | None:
        return self.rules(len(self._seen) - 1, zone_name)


@lru_cache(maxsize=4)
def _all_changes(from_year: int) -> dict[str, list[list[int]]]:
    return {
        name: [[int(at.timestamp()), offset] for at, offset in ZoneRules.read(name, from_year).changes]
        for name in sorted(zone_names())
    }
