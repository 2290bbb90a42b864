"""Why a series cannot be booked or changed.

SchedulingError
├── SeriesConflictError      series_conflict      some of its visits cannot take place then
└── NothingToChangeError     nothing_to_change    none of the visits that were meant can be changed, or has to be
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.scheduling.errors import SchedulingError


@dataclass(frozen=True, slots=True)
class Conflict:
    """One visit that cannot take place: the code of the reason, and who holds the time, if a visit does."""

    index: int
    starts_at: datetime
    code: str
    conflicting_id: UUID | None = None


class SeriesConflictError(SchedulingError):
    code = "series_conflict"
    message = "some visits of the series cannot take place then; see conflicts, choose other times or on_conflict: skip"

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__()
        self.conflicts = conflicts

    @property
    def more(self) -> Mapping[str, object]:
        return {"conflicts": self.conflicts}


class NothingToChangeError(SchedulingError):
    """``kept`` says of each visit that was meant why it stays as it is."""

    code = "nothing_to_change"
    message = "none of these visits was changed; kept says of each why"

    def __init__(self, kept: Mapping[int, str]) -> None:
        super().__init__()
        self.kept = kept

    @property
    def more(self) -> Mapping[str, object]:
        return {"kept": [{"index": index, "code": code} for index, code in self.kept.items()]}
