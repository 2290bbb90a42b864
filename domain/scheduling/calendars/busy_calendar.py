"""A busy calendar: a clinician's busy times, imported from another calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self, TypedDict
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.time_range import TimeRange
from domain.scheduling.time_claim import TimeClaim

_LONGEST_CLAIM: Final = timedelta(hours=24)
"""Longer times are claimed in pieces: the log accepts no claim of more than 40 hours."""


class BusyTimeFields(TypedDict):
    """``key`` identifies a busy time for as long as the other calendar contains it."""

    key: UUID
    starts_at: datetime
    ends_at: datetime


class LeftOutFields(TypedDict):
    """The number of calendar events that were skipped for one reason."""

    reason: str
    events: int


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """Numbers of busy times; ``left_out`` counts skipped events by reason."""

    added: int
    moved: int
    removed: int
    unchanged: int
    left_out: Mapping[str, int]

    @property
    def is_nothing(self) -> bool:
        return not (self.added or self.moved or self.removed)


class BusyCalendar(Aggregate):
    """``times`` maps keys to [start, end]; past times are dropped at the next import."""

    TOPIC = "scheduling.busy_calendar"

    clinician_id: UUID
    name: str
    times: dict[UUID, list[datetime]] = field(default_factory=dict)
    last_counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    last_left_out: dict[str, int] = field(default_factory=dict)

    class Connected(InitialEvent):
        TOPIC = "scheduling.busy_calendar.connected"
        clinician_id: UUID
        name: str

    class Imported(Aggregate.Event):
        """The differences from the previous import; ``over`` are times that had passed."""

        TOPIC = "scheduling.busy_calendar.imported"
        added: list[BusyTimeFields]
        moved: list[BusyTimeFields]
        removed: list[UUID]
        over: list[UUID]
        unchanged: int
        left_out: list[LeftOutFields]

        def apply(self, aggregate: BusyCalendar) -> None:
            for key in (*self.removed, *self.over):
                del aggregate.times[key]
            for time in (*self.added, *self.moved):
                aggregate.times[time["key"]] = [time["starts_at"], time["ends_at"]]
            aggregate.last_counts = [len(self.added), len(self.moved), len(self.removed), self.unchanged]
            aggregate.last_left_out = {skipped["reason"]: skipped["events"] for skipped in self.left_out}

    @classmethod
    def connect(cls, *, id: UUID, clinician_id: UUID, name: str, at: datetime) -> Self:
        """``name`` distinguishes the clinician's calendars."""
        return cls._create(cls.Connected, id=id, timestamp=at, clinician_id=clinician_id, name=name)

    def take_over(self, times: Mapping[UUID, TimeRange], left_out: Mapping[str, int], at: datetime) -> ImportCounts:
        """Replace the busy times by those that end after ``at``; return what changed.

        Records nothing if nothing changed.
        """
        coming = {key: during for key, during in times.items() if during.ends_at > at}
        known = {key: TimeRange(*ends) for key, ends in self.times.items()}
        added = [_fields(key, during) for key, during in coming.items() if key not in known]
        moved = [_fields(key, during) for key, during in coming.items() if known.get(key, during) != during]
        gone = {key: during for key, during in known.items() if key not in coming}
        removed = [key for key, during in gone.items() if during.ends_at > at]
        unchanged = len(coming) - len(added) - len(moved)
        if added or moved or removed:
            self.trigger_event(
                self.Imported,
                added=added,
                moved=moved,
                removed=removed,
                over=[key for key, during in gone.items() if during.ends_at <= at],
                unchanged=unchanged,
                left_out=[{"reason": reason, "events": left_out[reason]} for reason in sorted(left_out)],
                timestamp=at,
            )
        return ImportCounts(len(added), len(moved), len(removed), unchanged, dict(left_out))

    @property
    def last_import(self) -> ImportCounts:
        """The changes of the last import that changed anything."""
        added, moved, removed, unchanged = self.last_counts
        return ImportCounts(added, moved, removed, unchanged, self.last_left_out)

    def claims(self) -> list[TimeClaim]:
        """Return claims on the clinician's time; they may overlap visits that are already booked.

        Overlapping and touching times are merged, and split into claims of at most a day.
        """
        claims: list[TimeClaim] = []
        for range_ in merged(TimeRange(*ends) for ends in self.times.values()):
            begins = range_.starts_at
            while begins < range_.ends_at:
                ends = min(begins + _LONGEST_CLAIM, range_.ends_at)
                piece = TimeRange(begins, ends)
                claims.append(TimeClaim(self.id, self.clinician_id, piece, piece, beside=True))
                begins = ends
        return claims


def merged(times: Iterable[TimeRange]) -> list[TimeRange]:
    """Merge overlapping and touching ranges; return disjoint ranges in order."""
    ranges: list[TimeRange] = []
    for during in sorted(times, key=lambda during: during.starts_at):
        if ranges and during.starts_at <= ranges[-1].ends_at:
            until = max(ranges[-1].ends_at, during.ends_at)
            ranges[-1] = TimeRange(ranges[-1].starts_at, until)
        else:
            ranges.append(during)
    return ranges


def _fields(key: UUID, during: TimeRange) -> BusyTimeFields:
    return {"key": key, "starts_at": during.starts_at, "ends_at": during.ends_at}
