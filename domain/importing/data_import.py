"""An import of one file into a practice. The events of imported records name it as their cause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError

SOURCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,49}")
"""The form of a source's name."""
_SHA_256: Final = re.compile(r"[0-9a-f]{64}")


class ImportKind(StrEnum):
    """What the rows of a file are, in the plural."""

    PATIENTS = "patients"
    APPOINTMENTS = "appointments"


class ImportStatus(StrEnum):
    """The progress of an import. A killed import stays running; running it again continues it."""

    RUNNING = "running"
    FINISHED = "finished"
    UNDONE = "undone"


class CountedRows(Aggregate.Event):
    row_count: int
    made_count: int
    matched_count: int
    refused_count: int

    def apply(self, aggregate: DataImport) -> None:
        aggregate.row_count, aggregate.made_count = self.row_count, self.made_count
        aggregate.matched_count, aggregate.refused_count = self.matched_count, self.refused_count


class DataImport(Aggregate):
    """The import of one file; its records are found by their cause, not listed here."""

    TOPIC = "practice.import"

    kind: str
    source: str
    file_hash: str
    status: ImportStatus = ImportStatus.RUNNING
    row_count: int = 0
    made_count: int = 0
    matched_count: int = 0
    refused_count: int = 0
    withdrawn_count: int = 0
    kept_ids: list[UUID] = field(default_factory=list)

    class Started(InitialEvent):
        TOPIC = "practice.import.started"
        kind: str
        source: str
        file_hash: str

    class Resumed(Aggregate.Event):
        TOPIC = "practice.import.resumed"

        def apply(self, aggregate: DataImport) -> None:
            aggregate.status = ImportStatus.RUNNING
            aggregate.withdrawn_count, aggregate.kept_ids = 0, []

    class Progressed(CountedRows):
        """The counts so far; recorded with each batch but the first."""

        TOPIC = "practice.import.progressed"

    class Finished(CountedRows):
        TOPIC = "practice.import.finished"

        def apply(self, aggregate: DataImport) -> None:
            super().apply(aggregate)
            aggregate.status = ImportStatus.FINISHED

    class Undone(Aggregate.Event):
        TOPIC = "practice.import.undone"
        withdrawn_count: int
        kept_ids: list[UUID]

        def apply(self, aggregate: DataImport) -> None:
            aggregate.status = ImportStatus.UNDONE
            aggregate.withdrawn_count, aggregate.kept_ids = self.withdrawn_count, self.kept_ids

    @classmethod
    def start(cls, *, id: UUID, kind: str, source: str, file_hash: str, at: datetime) -> Self:
        """Start to import a file; ``file_hash`` is its SHA-256.

        Raises InvalidValueError: the source is not a short name, or the hash is malformed.
        """
        if not SOURCE.fullmatch(source):
            raise InvalidValueError("source", "source has 1 to 50 letters, digits and dashes")
        if not _SHA_256.fullmatch(file_hash):
            raise InvalidValueError("file_hash", "file_hash has 64 hexadecimal digits")
        return cls._create(cls.Started, id=id, kind=kind, source=source, file_hash=file_hash, timestamp=at)

    def resume(self, at: datetime) -> bool:
        """Continue a finished or undone import. Return whether an event was recorded."""
        if self.status is ImportStatus.RUNNING:
            return False
        self.trigger_event(self.Resumed, timestamp=at)
        return True

    def progress(self, rows: int, made: int, matched: int, refused: int, at: datetime) -> None:
        """Record the row counts of a running import so far, counted as ``finish`` counts."""
        self.trigger_event(
            self.Progressed, row_count=rows, made_count=made, matched_count=matched, refused_count=refused, timestamp=at
        )

    def finish(self, rows: int, made: int, matched: int, refused: int, at: datetime) -> bool:
        """Record the row counts; ``made`` counts records made by this import in any of its runs.

        Return whether an event was recorded: only a running import is finished, so a run that made
        nothing keeps the counts of an earlier one.
        """
        if self.status is not ImportStatus.RUNNING:
            return False
        self.trigger_event(
            self.Finished, row_count=rows, made_count=made, matched_count=matched, refused_count=refused, timestamp=at
        )
        return True

    def undo(self, withdrawn: int, kept_ids: Sequence[UUID], at: datetime) -> bool:
        """Record that ``withdrawn`` records of this import were withdrawn and ``kept_ids`` kept.

        Return whether an event was recorded; a repeat with the same result records nothing.
        """
        kept = list(kept_ids)
        if self.status is ImportStatus.UNDONE and (withdrawn, kept) == (self.withdrawn_count, self.kept_ids):
            return False
        self.trigger_event(self.Undone, withdrawn_count=withdrawn, kept_ids=kept, timestamp=at)
        return True
