"""One file's import as it runs: it begins, makes things append by append, and ends."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from application.importing.appends import ImportAppends, despite_others
from application.kernel.errors import NotFoundError
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog
from domain.importing.data_import import DataImport
from domain.kernel.aggregate import Aggregate
from domain.scheduling.time_claim import TimeClaim


class RunningImport:
    """Records one import and what it makes, in whichever of its runs."""

    def __init__(self, log: PracticeLog, clock: Clock, *, id: UUID, kind: str, source: str, digest: bytes) -> None:
        """``digest`` is the SHA-256 of the file."""
        self.id = id
        self._clock = clock
        self._kind = kind
        self._source = source
        self._digest = digest
        self._appends = ImportAppends(log, id, source, actor=f"import:{source}")

    def record(
        self, things: Sequence[Aggregate], *, claims: Sequence[TimeClaim] = (), releases: Sequence[UUID] = ()
    ) -> None:
        """Record what the import made, and with it that it runs."""
        now = self._clock.now()
        running = self._in_the_log(now)
        running.resume(now)
        self._appends.record("run", [running, *things], claims=claims, releases=releases)

    def finish(self, *, rows: int, made: int, matched: int, refused: int) -> None:
        """Note in the log what became of the file, unless that is noted already."""

        def once() -> None:
            now = self._clock.now()
            ended = self._in_the_log(now)
            ended.finish(rows, made, matched, refused, now)
            self._appends.record("run", [ended])

        despite_others(once)

    def _in_the_log(self, now: datetime) -> DataImport:
        """Return the import as it is in the log, or one that begins."""
        try:
            return self._appends.log.load(DataImport, self.id)
        except NotFoundError:
            return DataImport.start(
                id=self.id, kind=self._kind, source=self._source, file_hash=self._digest.hex(), at=now
            )
