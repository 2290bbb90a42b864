"""Undo an import: withdraw each record that it made, unless the record is in use or was changed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from application.importing.batches import MAX_ATTEMPTS, ImportLog, in_batches, retry_on_conflict
from application.importing.errors import ImportInUseError, ImportTooLargeError
from application.kernel.errors import StaleVersionError
from application.kernel.ports import Clock
from application.kernel.practice_log import Outcome, PracticeLogs
from application.kernel.retry import retry_when_overtaken
from domain.importing.data_import import DataImport
from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import Provenance

T = TypeVar("T", bound=Aggregate)


class KeptReason(StrEnum):
    """Why a record is not withdrawn."""

    IN_USE = "in_use"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class UndoImport:
    """``what_can_be``: withdraw what is possible and keep the rest; else withdraw all or nothing.

    ``expected_version`` is the version of the import that the caller has seen, ``most`` the limit
    of records that it may have made.
    """

    import_id: UUID
    what_can_be: bool = False
    expected_version: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class UndoReport:
    """``withdrawn`` counts the records of this run, ``withdrawn_before`` those of earlier ones.

    ``kept`` has reasons.
    """

    withdrawn: int
    withdrawn_before: int
    kept: Mapping[UUID, KeptReason]
    outcome: Outcome[DataImport]


class Withdrawal(ABC, Generic[T]):
    """Withdraws the imported records of one kind. Its queries read committed events only."""

    aggregate: type[T]
    kind: ClassVar[str]
    """As in the import: ``patients``."""
    releases_time: ClassVar[bool] = False

    @abstractmethod
    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """Return the current records of an import, and those that were withdrawn since."""

    @abstractmethod
    def changed_since(self, tenant_id: UUID, import_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        """Return the records with an event that the import did not cause; they are kept."""

    @abstractmethod
    def withdraw(self, record: T, at: datetime) -> None:
        """Withdraw an unchanged record; does nothing if another run has withdrawn it."""

    def in_use(self, tenant_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        """Return the records on which others depend; they are kept."""
        return ()

    def reinstate_used(self, log: ImportLog, ids: Sequence[UUID], at: datetime) -> Collection[UUID]:
        """Reinstate, and return, the records that came into use while they were being withdrawn."""
        return ()


class UndoImportHandler(Generic[T]):
    """Undoes an import. A run after a kill continues.

    A run with nothing left to undo records nothing.
    """

    def __init__(self, logs: PracticeLogs, clock: Clock, withdrawal: Withdrawal[T]) -> None:
        """``withdrawal`` is that of the kind of records that the import made."""
        self._logs = logs
        self._clock = clock
        self._withdrawal = withdrawal

    def __call__(
        self, tenant_id: UUID, command: UndoImport, by: Provenance, report: Callable[[int], None]
    ) -> UndoReport:
        """Undo in batches; ``report`` is called with the number of records of each batch.

        Raises NotFoundError, ImportTooLargeError; ImportInUseError: some records must be kept and
        ``what_can_be`` is not set, so nothing was recorded; StaleVersionError,
        CommandRepeatedError, UnavailableError: earlier batches stay withdrawn, run it again for the
        rest.
        """
        log = self._logs.of(tenant_id)
        source = log.load(DataImport, command.import_id, command.expected_version).source
        import_log = ImportLog(log, command.import_id, source, by.actor)
        return _UndoRun(import_log, self._clock, self._withdrawal, by).run(command, report)

    def once(self, tenant_id: UUID, command: UndoImport, by: Provenance) -> Outcome[DataImport]:
        """As ``__call__``; a repeat with the same command id returns the first outcome.

        Raises IdempotencyMismatchError too.
        """
        log = self._logs.of(tenant_id)
        return log.carry_out(DataImport, by, lambda: self(tenant_id, command, by, lambda _: None).outcome)


class _UndoRun(Generic[T]):
    def __init__(self, import_log: ImportLog, clock: Clock, withdrawal: Withdrawal[T], by: Provenance) -> None:
        self._import_log = import_log
        self._log = import_log.log
        self._tenant_id = import_log.log.tenant_id
        self._import_id = import_log.import_id
        self._clock = clock
        self._withdrawal = withdrawal
        self._by = by

    def run(self, command: UndoImport, report: Callable[[int], None]) -> UndoReport:
        rule = self._withdrawal
        current, before = rule.made_by(self._tenant_id, self._import_id)
        made = len(current) + len(before)
        if command.most is not None and made > command.most:
            raise ImportTooLargeError(made, command.most, rule.kind)
        kept: dict[UUID, KeptReason] = {}
        for batch in in_batches(current):
            kept |= self._changed(batch)
            kept |= dict.fromkeys(rule.in_use(self._tenant_id, batch), KeptReason.IN_USE)
        if kept and not command.what_can_be:
            raise ImportInUseError({id_: reason.value for id_, reason in kept.items()}, rule.kind)
        for batch in in_batches(current):
            kept |= retry_on_conflict(partial(self._withdraw, [id_ for id_ in batch if id_ not in kept]))
            report(len(batch))
        for batch in in_batches([id_ for id_ in (*before, *current) if id_ not in kept]):
            used = rule.reinstate_used(self._import_log, batch, self._clock.now())
            kept |= dict.fromkeys(used, KeptReason.IN_USE)
        withdrawn, withdrawn_before = (sum(id_ not in kept for id_ in ids) for ids in (current, before))
        outcome = self._finish(withdrawn_before + withdrawn, sorted(kept))
        return UndoReport(withdrawn, withdrawn_before, kept, outcome)

    def _changed(self, ids: Sequence[UUID]) -> dict[UUID, KeptReason]:
        changed = self._withdrawal.changed_since(self._tenant_id, self._import_id, ids)
        return dict.fromkeys(changed, KeptReason.CHANGED)

    def _withdraw(self, ids: Sequence[UUID]) -> dict[UUID, KeptReason]:
        """Withdraw records in one append.

        Return those that were changed meanwhile, which are kept.
        """
        records = self._log.load_all(self._withdrawal.aggregate, ids) if ids else {}
        # Only after loading: a later change makes the append stale.
        kept = self._changed(ids)
        now = self._clock.now()
        unchanged = [record for id_, record in records.items() if id_ not in kept]
        for record in unchanged:
            self._withdrawal.withdraw(record, now)
        releases = [record.id for record in unchanged] if self._withdrawal.releases_time else []
        self._import_log.append("undo", unchanged, releases=releases)
        return kept

    def _finish(self, withdrawn: int, kept: Sequence[UUID]) -> Outcome[DataImport]:
        by = replace(self._by, causation_id=self._import_id)

        def finish_once() -> Outcome[DataImport]:
            undone = self._log.load(DataImport, self._import_id)
            undone.undo(withdrawn, kept, self._clock.now())
            return Outcome(undone, self._log.record(undone, by=by))

        return retry_when_overtaken(finish_once, MAX_ATTEMPTS, (StaleVersionError,))
