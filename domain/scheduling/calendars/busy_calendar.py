"""A busy calendar: when a clinician has something else to do, as another calendar says that was imported."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self, TypedDict
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.time_range import TimeRange
from domain.scheduling.time_claim import TimeClaim

_LONGEST_CLAIM: Final = timedelta(hours=24)
"""Whatever lasts longer is claimed piece by piece: the log takes no claim of more than 40 hours."""


class BusyTimeFields(TypedDict):
    """``key`` is what a time is known by as long as the other calendar knows it."""

    key: UUID
    starts_at: datetime
    ends_at: datetime


class LeftOutFields(TypedDict):
    """So many events of the file are no busy time, for one reason."""

    reason: str
    events: int


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """How many times an import added, moved, took away and left as they were; ``left_out`` are events of the file, by reason."""

    added: int
    moved: int
    removed: int
    unchanged: int
    left_out: Mapping[str, int]

    @property
    def is_nothing(self) -> bool:
        return not (self.added or self.moved or self.removed)


class BusyCalendar(Aggregate):
    """``times`` are the busy times by their keys; what is over is let go sometime. Nothing of what the clinician does is known here."""

    TOPIC = "scheduling.busy_calendar"

    class Connected(InitialEvent):
        TOPIC = "scheduling.busy_calendar.connected"
        clinician_id: UUID
        name: str

    class Imported(Aggregate.Event):
        """What the file says otherwise than the one before; ``over`` are times that had passed."""

        TOPIC = "scheduling.busy_calendar.imported"
        added: list[BusyTimeFields]
        moved: list[BusyTimeFields]
        removed: list[UUID]
        over: list[UUID]
        unchanged: int
        left_out: list[LeftOutFields]

    @classmethod
    def connect(cls, *, id: UUID, clinician_id: UUID, name: str, at: datetime) -> Self:
        """``name`` tells it from the clinician's other calendars."""
        return cls._create(cls.Connected, id=id, timestamp=at, clinician_id=clinician_id, name=name)

    @event(Connected)
    def __init__(self, clinician_id: UUID, name: str, timestamp: datetime) -> None:
        self.clinician_id = clinician_id
        self.name = name
        self.times: dict[UUID, list[datetime]] = {}
        self.last_counts = [0, 0, 0, 0]
        self.last_left_out: dict[str, int] = {}

    def take_over(self, times: Mapping[UUID, TimeRange], left_out: Mapping[str, int], at: datetime) -> ImportCounts:
        """Take the times that end after ``at`` for all that there are from then on; return what that changes.

        Where it changes nothing, nothing is recorded.
        """
        coming = {key: during for key, during in times.items() if during.ends_at > at}
        known = {key: TimeRange(*ends) for key, ends in self.times.items()}
        added = [_fields(key, during) for key, during in coming.items() if key not in known]
        moved = [_fields(key, during) for key, during in coming.items() if known.get(key, during) != during]
        gone = {key: during for key, during in known.items() if key not in coming}
        removed = [key for key, during in gone.items() if during.ends_at > at]
        unchanged = len(coming) - len(added) - len(moved)
        if added or moved or removed:
            self._imported(
                added=added,
                moved=moved,
                removed=removed,
                over=[key for key, during in gone.items() if during.ends_at <= at],
                unchanged=unchanged,
                left_out=[{"reason": reason, "events": left_out[reason]} for reason in sorted(left_out)],
                timestamp=at,
            )
        return ImportCounts(len(added), len(moved), len(removed), unchanged, dict(left_out))

    @event(Imported)
    def _imported(
        self,
        added: list[BusyTimeFields],
        moved: list[BusyTimeFields],
        removed: list[UUID],
        over: list[UUID],
        unchanged: int,
        left_out: list[LeftOutFields],
        timestamp: datetime,
    ) -> None:
        for key in (*removed, *over):
            del self.times[key]
        for each in (*added, *moved):
            self.times[each["key"]] = [each["starts_at"], each["ends_at"]]
        self.last_counts = [len(added), len(moved), len(removed), unchanged]
        self.last_left_out = {each["reason"]: each["events"] for each in left_out}

    @property
    def last_import(self) -> ImportCounts:
        """What the last import that changed something changed."""
        added, moved, removed, unchanged = self.last_counts
        return ImportCounts(added, moved, removed, unchanged, self.last_left_out)

    def claims(self) -> list[TimeClaim]:
        """Return the time that it takes from its clinician: beside whatever lies there already, and in the way of whatever comes.

        Times that overlap or touch are one, and no claim is longer than a day.
        """
        claims: list[TimeClaim] = []
        for stretch in united(TimeRange(*ends) for ends in self.times.values()):
            begins = stretch.starts_at
            while begins < stretch.ends_at:
                ends = min(begins + _LONGEST_CLAIM, stretch.ends_at)
                piece = TimeRange(begins, ends)
                claims.append(TimeClaim(self.id, self.clinician_id, piece, piece, beside=True))
                begins = ends
        return claims


def united(times: Iterable[TimeRange]) -> list[TimeRange]:
    """Return the same time as stretches that lie apart and in order."""
    stretches: list[TimeRange] = []
    for during in sorted(times, key=lambda during: during.starts_at):
        if stretches and during.starts_at <= stretches[-1].ends_at:
            until = max(stretches[-1].ends_at, during.ends_at)
            stretches[-1] = TimeRange(stretches[-1].starts_at, until)
        else:
            stretches.append(during)
    return stretches


def _fields(key: UUID, during: TimeRange) -> BusyTimeFields:
    return {"key": key, "starts_at": during.starts_at, "ends_at": during.ends_at}
