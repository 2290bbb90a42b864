"""Undo an import: withdraw each record that it made, unless the record is in use or was changed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import ClassVar
from uuid import UUID

from application.importing.errors import ImportInUseError, ImportTooLargeError
from application.importing.pipeline import MAX_ATTEMPTS, ImportLog, in_batches, retry_on_conflict
from application.importing.ports import PatientsInUse, PersonKeys, StreamLookup, VisitLookup
from application.kernel.errors import StaleVersionError
from application.kernel.ports import Clock
from application.kernel.practice_log import Outcome, PracticeLog, PracticeLogs
from application.kernel.retry import retry_when_overtaken
from domain.importing.data_import import DataImport, ImportKind
from domain.kernel.provenance import Provenance
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment


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
    """``withdrawn`` counts the records of this run, ``withdrawn_before`` those of earlier ones."""

    withdrawn: int
    withdrawn_before: int
    kept: Mapping[UUID, KeptReason]
    outcome: Outcome[DataImport]


class Withdrawal(ABC):
    """What the undo needs to know of one kind of record. Its queries read committed events only."""

    kind: ClassVar[ImportKind]
    aggregate: type[Patient | Appointment]
    lookup: StreamLookup | VisitLookup

    @abstractmethod
    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """Return the current records of an import, and those that were withdrawn since."""

    def in_use(self, tenant_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        """Return the records on which others depend; they are kept."""
        return ()

    def reinstate_used(self, log: ImportLog, ids: Sequence[UUID], at: datetime) -> Collection[UUID]:
        """Reinstate, and return, the records that came into use while they were being withdrawn."""
        return ()


class PatientWithdrawal(Withdrawal):
    kind = ImportKind.PATIENTS
    aggregate = Patient

    def __init__(self, keys: PersonKeys, streams: StreamLookup, in_use: PatientsInUse) -> None:
        self._keys = keys
        self._streams = self.lookup = streams
        self._in_use = in_use

    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """Leave out erased patients, and patients whom another import registered again."""
        erased = frozenset(self._keys.erased_subjects(tenant_id))
        made = [id_ for id_ in self._streams.made_by(tenant_id, import_id) if id_ not in erased]
        origins = self._streams.origins(tenant_id, made)
        own = [id_ for id_ in made if origins[id_].import_id == import_id]
        current = [id_ for id_ in own if not origins[id_].is_withdrawn]
        return current, [id_ for id_ in own if origins[id_].is_withdrawn]

    def in_use(self, tenant_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        return self._in_use.taking_part(tenant_id, ids)

    def reinstate_used(self, log: ImportLog, ids: Sequence[UUID], at: datetime) -> Collection[UUID]:
        """Reinstate patients for whom a visit was booked while they were being withdrawn."""
        in_use = self.in_use(log.log.tenant_id, ids)
        if in_use:
            patients = list(log.log.load_all(Patient, list(in_use)).values())
            for patient in patients:
                patient.reinstate(at)
            log.append("keep", patients)
        return in_use


class VisitWithdrawal(Withdrawal):
    """No other record depends on a visit."""

    kind = ImportKind.APPOINTMENTS
    aggregate = Appointment

    def __init__(self, visits: VisitLookup) -> None:
        self._visits = self.lookup = visits

    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        return self._visits.made_by(tenant_id, import_id)


class UndoImportHandler:
    """Undoes an import.

    A run after a kill continues; a run with nothing left to undo records nothing.
    """

    def __init__(self, logs: PracticeLogs, clock: Clock, withdrawals: Iterable[Withdrawal]) -> None:
        """``withdrawals`` has one for each kind of import."""
        self._logs = logs
        self._clock = clock
        self._withdrawals = {each.kind: each for each in withdrawals}

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
        undone = log.load(DataImport, command.import_id, command.expected_version)
        import_log = ImportLog(log, undone.id, undone.source, by.actor)
        withdrawal = self._withdrawals[ImportKind(undone.kind)]
        return _UndoRun(log, import_log, self._clock, withdrawal, by).run(command, report)

    def once(self, tenant_id: UUID, command: UndoImport, by: Provenance) -> Outcome[DataImport]:
        """As ``__call__``; a repeat with the same command id returns the first outcome.

        Raises IdempotencyMismatchError too.
        """
        log = self._logs.of(tenant_id)
        return log.carry_out(DataImport, by, lambda: self(tenant_id, command, by, lambda _: None).outcome)


@dataclass(frozen=True, slots=True)
class _UndoRun:
    log: PracticeLog
    import_log: ImportLog
    clock: Clock
    withdrawal: Withdrawal
    by: Provenance

    def run(self, command: UndoImport, report: Callable[[int], None]) -> UndoReport:
        rule = self.withdrawal
        current, before = rule.made_by(self.log.tenant_id, self.import_log.import_id)
        made = len(current) + len(before)
        if command.most is not None and made > command.most:
            raise ImportTooLargeError(made, command.most, rule.kind)
        kept: dict[UUID, KeptReason] = {}
        for batch in in_batches(current):
            kept |= self._changed(batch)
            kept |= dict.fromkeys(rule.in_use(self.log.tenant_id, batch), KeptReason.IN_USE)
        if kept and not command.what_can_be:
            raise ImportInUseError({id_: reason.value for id_, reason in kept.items()}, rule.kind)
        for batch in in_batches(current):
            kept |= retry_on_conflict(partial(self._withdraw, [id_ for id_ in batch if id_ not in kept]))
            report(len(batch))
        for batch in in_batches([id_ for id_ in (*before, *current) if id_ not in kept]):
            used = rule.reinstate_used(self.import_log, batch, self.clock.now())
            kept |= dict.fromkeys(used, KeptReason.IN_USE)
        withdrawn, withdrawn_before = (sum(id_ not in kept for id_ in ids) for ids in (current, before))
        finish = partial(self._finish, withdrawn_before + withdrawn, sorted(kept))
        return UndoReport(
            withdrawn, withdrawn_before, kept, retry_when_overtaken(finish, MAX_ATTEMPTS, (StaleVersionError,))
        )

    def _changed(self, ids: Sequence[UUID]) -> dict[UUID, KeptReason]:
        """Return the records with an event that the import did not cause; they are kept."""
        changed = self.withdrawal.lookup.changed_since(self.log.tenant_id, self.import_log.import_id, ids)
        return dict.fromkeys(changed, KeptReason.CHANGED)

    def _withdraw(self, ids: Sequence[UUID]) -> dict[UUID, KeptReason]:
        """Withdraw records in one append; return those kept, which were changed meanwhile."""
        records = self.log.load_all(self.withdrawal.aggregate, ids) if ids else {}
        # Only after loading: a later change makes the append stale.
        kept = self._changed(ids)
        now = self.clock.now()
        unchanged = [record for id_, record in records.items() if id_ not in kept]
        for record in unchanged:
            # Without effect if another run has withdrawn it.
            record.withdraw(now)
        releases = [record.id for record in unchanged if isinstance(record, Appointment)]
        self.import_log.append("undo", unchanged, releases=releases)
        return kept

    def _finish(self, withdrawn: int, kept: Sequence[UUID]) -> Outcome[DataImport]:
        undone = self.log.load(DataImport, self.import_log.import_id)
        undone.undo(withdrawn, kept, self.clock.now())
        return Outcome(undone, self.log.record(undone, by=replace(self.by, causation_id=self.import_log.import_id)))
