"""Errors of booking and changing a series.

SchedulingError
├── SeriesConflictError      series_conflict      some visits or sessions cannot be booked
└── NothingToChangeError     nothing_to_change    no visit in the scope was changed
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.scheduling.errors import SchedulingError


@dataclass(frozen=True, slots=True)
class Conflict:
    """A visit that cannot be booked: the code of the reason, and the visit that holds the time."""

    index: int
    starts_at: datetime
    code: str
    conflicting_id: UUID | None = None


class SeriesConflictError(SchedulingError):
    code = "series_conflict"
    message = "some visits cannot be booked, see conflicts; choose other times or send on_conflict: skip"

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__()
        self.conflicts = conflicts

    @property
    def more(self) -> Mapping[str, object]:
        return {"conflicts": self.conflicts}


class NothingToChangeError(SchedulingError):
    """``kept`` maps each visit in the scope to the code of the reason."""

    code = "nothing_to_change"
    message = "none of these visits was changed; see kept for the reasons"

    def __init__(self, kept: Mapping[int, str]) -> None:
        super().__init__()
        self.kept = kept

    @property
    def more(self) -> Mapping[str, object]:
        return {"kept": [{"index": index, "code": code} for index, code in self.kept.items()]}
