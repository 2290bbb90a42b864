"""Undoes an import: each thing that it made is taken back by a fact of its own, unless it is in use or was changed since."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

from application.importing.appends import MOST_ATTEMPTS, ImportAppends, despite_others, in_batches
from application.importing.errors import ImportInUseError, ImportTooLargeError
from application.importing.withdrawal import Withdrawal
from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.kernel.retry import retry_on_stale
from domain.importing.data_import import DataImport
from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import Provenance

T = TypeVar("T", bound=Aggregate)


class KeptReason(StrEnum):
    """Why a thing is not taken back."""

    IN_USE = "in_use"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class UndoImport:
    """``what_can_be``: take back what can be, and keep the rest; else it is all or nothing.

    ``expected_version`` is that of the import, if the caller has seen one; ``most`` how many things it may have made, None for any.
    """

    import_id: UUID
    what_can_be: bool = False
    expected_version: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class UndoReport:
    """``withdrawn`` counts the things of this run, ``withdrawn_before`` those of earlier ones; ``kept`` says why."""

    withdrawn: int
    withdrawn_before: int
    kept: Mapping[UUID, KeptReason]
    outcome: Outcome[DataImport]


class UndoImportHandler(Generic[T]):
    """Carries out UndoImport. Run again after a kill it goes on; where nothing is left to undo it records nothing."""

    def __init__(self, logs: PracticeLogs, clock: Clock, withdrawal: Withdrawal[T]) -> None:
        """``withdrawal`` knows the things that the import made."""
        self._logs = logs
        self._clock = clock
        self._withdrawal = withdrawal

    def __call__(
        self, tenant_id: UUID, command: UndoImport, by: Provenance, report: Callable[[int], None]
    ) -> UndoReport:
        """``report`` is told how many more things are done.

        Raises NotFoundError, ImportTooLargeError; ImportInUseError: all or nothing was asked for, and some must be kept, so nothing was
        recorded; StaleVersionError, CommandRepeatedError, UnavailableError: what was taken back stays, run it again for the rest.
        """
        log = self._logs.of(tenant_id)
        source = log.load(DataImport, command.import_id, command.expected_version).source
        appends = ImportAppends(log, command.import_id, source, by.actor)
        return _Undoing(appends, self._clock, self._withdrawal, by).run(command, report)

    def once(self, tenant_id: UUID, command: UndoImport, by: Provenance) -> Outcome[DataImport]:
        """As ``__call__``; a repeat under the same command id answers what was answered first. Raises IdempotencyMismatchError too."""
        log = self._logs.of(tenant_id)
        return log.carry_out(DataImport, by, lambda: self(tenant_id, command, by, lambda _: None).outcome)


class _Undoing(Generic[T]):
    """One run of an undo."""

    def __init__(self, appends: ImportAppends, clock: Clock, withdrawal: Withdrawal[T], by: Provenance) -> None:
        self._appends = appends
        self._log = appends.log
        self._import_id = appends.import_id
        self._clock = clock
        self._withdrawal = withdrawal
        self._by = by

    def run(self, command: UndoImport, report: Callable[[int], None]) -> UndoReport:
        rule = self._withdrawal
        standing, before = rule.made_by(self._log.tenant_id, self._import_id)
        made = len(standing) + len(before)
        if command.most is not None and made > command.most:
            raise ImportTooLargeError(made, command.most, rule.of)
        kept: dict[UUID, KeptReason] = {}
        for some in in_batches(standing):
            kept |= self._changed(some)
            kept |= dict.fromkeys(rule.in_use(self._log.tenant_id, some), KeptReason.IN_USE)
        if kept and not command.what_can_be:
            raise ImportInUseError({id_: why.value for id_, why in kept.items()}, rule.of)
        for some in in_batches(standing):
            kept |= despite_others(partial(self._withdraw, [id_ for id_ in some if id_ not in kept]))
            report(len(some))
        for some in in_batches([id_ for id_ in (*before, *standing) if id_ not in kept]):
            in_use = rule.reinstated(self._appends, some, self._clock.now())
            kept |= dict.fromkeys(in_use, KeptReason.IN_USE)
        withdrawn, withdrawn_before = (sum(id_ not in kept for id_ in ids) for ids in (standing, before))
        outcome = self._note(withdrawn_before + withdrawn, sorted(kept))
        return UndoReport(withdrawn, withdrawn_before, kept, outcome)

    def _changed(self, ids: Sequence[UUID]) -> dict[UUID, KeptReason]:
        changed = self._withdrawal.changed_since(self._log.tenant_id, self._import_id, ids)
        return dict.fromkeys(changed, KeptReason.CHANGED)

    def _withdraw(self, ids: Sequence[UUID]) -> dict[UUID, KeptReason]:
        """Withdraw these in one append; what was changed at the same time is kept."""
        things = self._log.load_all(self._withdrawal.kind, ids) if ids else {}
        # Asked once they are read: what comes after that would make the append stale.
        kept = self._changed(ids)
        now = self._clock.now()
        going = [thing for id_, thing in things.items() if id_ not in kept]
        for thing in going:
            self._withdrawal.withdraw(thing, now)
        releases = [thing.id for thing in going] if self._withdrawal.frees_time else []
        self._appends.record("undo", going, releases=releases)
        return kept

    def _note(self, withdrawn: int, kept: Sequence[UUID]) -> Outcome[DataImport]:
        by = replace(self._by, causation_id=self._import_id)

        def once() -> Outcome[DataImport]:
            undone = self._log.load(DataImport, self._import_id)
            undone.undo(withdrawn, kept, self._clock.now())
            return Outcome(undone, self._log.record(undone, by=by))

        return retry_on_stale(once, tries=MOST_ATTEMPTS)
