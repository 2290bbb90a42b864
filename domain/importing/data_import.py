"""An import: things of one file brought into a practice, and perhaps taken out again. Each thing's own facts name it as their cause."""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError

_SOURCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,49}")
_SHA_256: Final = re.compile(r"[0-9a-f]{64}")


class ImportStatus(StrEnum):
    """How far an import is. One that was killed is still running: run it again, and it goes on."""

    RUNNING = "running"
    FINISHED = "finished"
    UNDONE = "undone"


class DataImport(Aggregate):
    """One file's import. What it made is not listed here: the facts themselves say so."""

    TOPIC = "practice.import"

    class Started(InitialEvent):
        TOPIC = "practice.import.started"
        kind: str
        source: str
        file_hash: str

    class Resumed(Aggregate.Event):
        TOPIC = "practice.import.resumed"

    class Finished(Aggregate.Event):
        TOPIC = "practice.import.finished"
        row_count: int
        made_count: int
        matched_count: int
        refused_count: int

    class Undone(Aggregate.Event):
        TOPIC = "practice.import.undone"
        withdrawn_count: int
        kept_ids: list[UUID]

    @classmethod
    def start(cls, *, id: UUID, kind: str, source: str, file_hash: str, at: datetime) -> Self:
        """Begin to import a file, known by the SHA-256 of its content; ``kind`` says of what, in the plural.

        Raises InvalidValueError: the source is not a short name, or the hash is none.
        """
        if not _SOURCE.fullmatch(source):
            raise InvalidValueError("source", "source is a short name of letters, digits and dashes")
        if not _SHA_256.fullmatch(file_hash):
            raise InvalidValueError("file_hash", "a file's hash has 64 hexadecimal digits")
        return cls._create(cls.Started, id=id, kind=kind, source=source, file_hash=file_hash, timestamp=at)

    @event(Started)
    def __init__(self, kind: str, source: str, file_hash: str, timestamp: datetime) -> None:
        self.kind, self.source, self.file_hash = kind, source, file_hash
        self.started_at = timestamp
        self.status = ImportStatus.RUNNING
        self.row_count = self.made_count = self.matched_count = self.refused_count = 0
        self.withdrawn_count = 0
        self.kept_ids: list[UUID] = []

    def resume(self, at: datetime) -> bool:
        """Go on with a file that was imported to its end, or undone, before. Return whether anything was recorded."""
        if self.status is ImportStatus.RUNNING:
            return False
        self._resumed(timestamp=at)
        return True

    @event(Resumed)
    def _resumed(self, timestamp: datetime) -> None:
        self.status = ImportStatus.RUNNING
        self.withdrawn_count, self.kept_ids = 0, []

    def finish(self, rows: int, made: int, matched: int, refused: int, at: datetime) -> bool:
        """Note what became of the rows; ``made`` are those that this import made, in whichever run. Return whether it was recorded.

        Only what runs is finished: a run that made nothing leaves what an earlier one noted.
        """
        if self.status is not ImportStatus.RUNNING:
            return False
        self._finished(rows, made, matched, refused, timestamp=at)
        return True

    @event(Finished)
    def _finished(
        self, row_count: int, made_count: int, matched_count: int, refused_count: int, timestamp: datetime
    ) -> None:
        self.status = ImportStatus.FINISHED
        self.row_count, self.made_count = row_count, made_count
        self.matched_count, self.refused_count = matched_count, refused_count

    def undo(self, withdrawn: int, kept_ids: Sequence[UUID], at: datetime) -> bool:
        """Note that what this import made was taken back, ``withdrawn`` things in all, but for what is kept.

        Twice the same is recorded once. Return whether anything was recorded.
        """
        if self.status is ImportStatus.UNDONE and (withdrawn, list(kept_ids)) == (self.withdrawn_count, self.kept_ids):
            return False
        self._undone(withdrawn, list(kept_ids), timestamp=at)
        return True

    @event(Undone)
    def _undone(self, withdrawn_count: int, kept_ids: list[UUID], timestamp: datetime) -> None:
        self.status = ImportStatus.UNDONE
        self.withdrawn_count = withdrawn_count
        self.kept_ids = kept_ids
