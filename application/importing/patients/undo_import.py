"""Undoes an import of patients: each registration that nothing depends on is taken back, by a fact of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from application.errors import StaleVersionError
from application.importing.patients.errors import ImportInUseError, ImportTooLargeError
from application.importing.patients.identities import PatientIdentities
from application.importing.patients.ports import UndoPorts
from application.outcome import Outcome
from application.practice_log import PracticeLog
from domain.aggregate import Aggregate
from domain.errors import RuleBrokenError
from domain.patients.patient import Patient
from domain.practice.data_import import DataImport
from domain.provenance import CommandRepeatedError, Provenance

BATCH: Final = 250
_MOST_ATTEMPTS: Final = 20
_SOMEBODY_ELSE: Final = (StaleVersionError, CommandRepeatedError)


class KeptBecause(StrEnum):
    """Why a registration is not taken back."""

    IN_USE = "in_use"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class UndoImport:
    """``what_can_be``: take back what can be, and keep the rest; else it is all or nothing.

    ``expected_version`` is that of the import, if the caller has seen one; ``most`` how many patients it may have made, None for any.
    """

    import_id: UUID
    what_can_be: bool = False
    expected_version: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class UndoReport:
    """``withdrawn`` counts those of this run, ``withdrawn_before`` those of earlier ones; ``kept`` says why."""

    withdrawn: int
    withdrawn_before: int
    kept: Mapping[UUID, KeptBecause]
    outcome: Outcome[DataImport]


class UndoImportHandler:
    """Carries out UndoImport. Run again after a kill it goes on; where nothing is left to undo it records nothing."""

    def __init__(self, ports: UndoPorts) -> None:
        self._ports = ports

    def __call__(
        self, tenant_id: UUID, command: UndoImport, by: Provenance, report: Callable[[int], None]
    ) -> UndoReport:
        """``report`` is told how many more patients are done.

        Raises NotFoundError, ImportTooLargeError; ImportInUseError: all or nothing was asked for, and some are in use, so nothing was
        recorded; StaleVersionError, CommandRepeatedError, UnavailableError: what was taken back stays, run it again for the rest.
        """
        return _Undoing(self._ports, tenant_id, command, by).run(report)

    def once(self, tenant_id: UUID, command: UndoImport, by: Provenance) -> Outcome[DataImport]:
        """As ``__call__``; a repeat under the same command id answers what was answered first. Raises IdempotencyMismatchError too."""
        log = self._ports.logs.of(tenant_id)
        return log.carry_out(DataImport, by, lambda: self(tenant_id, command, by, lambda _: None).outcome)


class _Undoing:
    """One run of an undo; used once."""

    def __init__(self, ports: UndoPorts, tenant_id: UUID, command: UndoImport, by: Provenance) -> None:
        self._ports = ports
        self._log: PracticeLog = ports.logs.of(tenant_id)
        self._import_id = command.import_id
        self._what_can_be = command.what_can_be
        self._most = command.most
        self._by = by
        self._identities = PatientIdentities(tenant_id, self._import(command.expected_version).source)

    def run(self, report: Callable[[int], None]) -> UndoReport:
        standing, before = self._made()
        made = len(standing) + len(before)
        if self._most is not None and made > self._most:
            raise ImportTooLargeError(made, self._most)
        kept: dict[UUID, KeptBecause] = {}
        for some in _batches(standing):
            kept |= self._why_not(some)
        if kept and not self._what_can_be:
            raise ImportInUseError({id_: why.value for id_, why in kept.items()})
        withdrawn: list[UUID] = []
        for some in _batches(standing):
            done, refused = self._withdraw([id_ for id_ in some if id_ not in kept])
            withdrawn += done
            kept |= refused
            report(len(some))
        for some in _batches([*before, *withdrawn]):
            # A visit may have been booked while its patient was being withdrawn: the visit stands, and so does the patient.
            kept |= self._take_back(some)
        before, withdrawn = ([id_ for id_ in ids if id_ not in kept] for ids in (before, withdrawn))
        outcome = self._note(len(before) + len(withdrawn), sorted(kept))
        return UndoReport(len(withdrawn), len(before), kept, outcome)

    def _made(self) -> tuple[list[UUID], list[UUID]]:
        """Return who stands as this import registered them, and who was withdrawn since; who was erased is neither."""
        facts, tenant_id = self._ports.facts, self._log.tenant_id
        erased = frozenset(self._ports.keys.erased_subjects(tenant_id))
        made = [id_ for id_ in facts.made_by(tenant_id, self._import_id) if id_ not in erased]
        origins = facts.origins(tenant_id, made)
        own = [id_ for id_ in made if origins[id_].import_id == self._import_id]
        return (
            [id_ for id_ in own if not origins[id_].is_withdrawn],
            [id_ for id_ in own if origins[id_].is_withdrawn],
        )

    def _why_not(self, ids: Sequence[UUID]) -> dict[UUID, KeptBecause]:
        """Return which of these are not to be withdrawn."""
        tenant_id = self._log.tenant_id
        changed = self._ports.facts.changed_since(tenant_id, self._import_id, ids)
        in_use = self._ports.in_use.taking_part(tenant_id, ids)
        return dict.fromkeys(changed, KeptBecause.CHANGED) | dict.fromkeys(in_use, KeptBecause.IN_USE)

    def _withdraw(self, ids: Sequence[UUID]) -> tuple[list[UUID], dict[UUID, KeptBecause]]:
        """Withdraw these in one append; who was changed at the same time is kept."""
        kept: dict[UUID, KeptBecause] = {}
        for attempt in range(_MOST_ATTEMPTS):
            remaining = [id_ for id_ in ids if id_ not in kept]
            patients = self._log.load_all(Patient, remaining) if remaining else {}
            for id_, patient in patients.items():
                try:
                    patient.withdraw(self._ports.clock.now())
                except RuleBrokenError:
                    kept[id_] = KeptBecause.CHANGED
            going = [patient for id_, patient in patients.items() if id_ not in kept]
            try:
                self._save("undo", going)
            except _SOMEBODY_ELSE:
                if attempt == _MOST_ATTEMPTS - 1:
                    raise
                kept |= self._why_not(remaining)
                continue
            return [patient.id for patient in going], kept
        raise AssertionError("the last attempt returns or raises")

    def _take_back(self, ids: Sequence[UUID]) -> dict[UUID, KeptBecause]:
        """Reinstate those who are in use after all."""
        in_use = self._ports.in_use.taking_part(self._log.tenant_id, ids)
        patients = self._log.load_all(Patient, list(in_use)) if in_use else {}
        for patient in patients.values():
            patient.reinstate(self._ports.clock.now())
        self._save("keep", list(patients.values()))
        return dict.fromkeys(in_use, KeptBecause.IN_USE)

    def _note(self, withdrawn: int, kept: Sequence[UUID]) -> Outcome[DataImport]:
        by = replace(self._by, causation_id=self._import_id)
        for attempt in range(_MOST_ATTEMPTS):
            undone = self._import()
            undone.undo(withdrawn, kept, self._ports.clock.now())
            try:
                return Outcome(undone, self._log.record(undone, by=by))
            except StaleVersionError:
                if attempt == _MOST_ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _import(self, expected_version: int | None = None) -> DataImport:
        return self._log.load(DataImport, self._import_id, expected_version)

    def _save(self, kind: str, things: Sequence[Aggregate]) -> None:
        command_id = self._identities.command(kind, things)
        self._log.record(*things, by=Provenance(self._by.actor, command_id, causation_id=self._import_id))


def _batches(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [ids[first : first + BATCH] for first in range(0, len(ids), BATCH)]
