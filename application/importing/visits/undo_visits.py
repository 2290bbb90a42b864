"""Undoes an import of appointments: each visit to which nothing has happened since is taken back, by a fact of its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from application.errors import StaleVersionError
from application.importing.patients.errors import ImportInUseError, ImportTooLargeError
from application.importing.patients.identities import PatientIdentities
from application.importing.patients.undo_import import KeptBecause, UndoImport, UndoReport
from application.importing.visits.import_visits import KIND
from application.importing.visits.ports import VisitPorts
from application.outcome import Outcome
from application.practice_log import PracticeLog
from domain.aggregate import Aggregate
from domain.practice.data_import import DataImport
from domain.provenance import CommandRepeatedError, Provenance
from domain.scheduling.appointment import Appointment
from domain.scheduling.withdrawal import withdraw

BATCH: Final = 250
_MOST_ATTEMPTS: Final = 20
_SOMEBODY_ELSE: Final = (StaleVersionError, CommandRepeatedError)


class UndoVisitsHandler:
    """Carries out UndoImport for appointments. Run again after a kill it goes on; where nothing is left to undo it records nothing."""

    def __init__(self, ports: VisitPorts) -> None:
        self._ports = ports

    def __call__(
        self, tenant_id: UUID, command: UndoImport, by: Provenance, report: Callable[[int], None]
    ) -> UndoReport:
        """``report`` is told how many more visits are done.

        Raises NotFoundError, ImportTooLargeError; ImportInUseError: all or nothing was asked for, and something happened to some since,
        so nothing was recorded; StaleVersionError, CommandRepeatedError, UnavailableError: what was taken back stays, run it again for
        the rest.
        """
        return _Undoing(self._ports, tenant_id, command, by).run(report)

    def once(self, tenant_id: UUID, command: UndoImport, by: Provenance) -> Outcome[DataImport]:
        """As ``__call__``; a repeat under the same command id answers what was answered first. Raises IdempotencyMismatchError too."""
        log = self._ports.logs.of(tenant_id)
        return log.carry_out(DataImport, by, lambda: self(tenant_id, command, by, lambda _: None).outcome)


class _Undoing:
    """One run of an undo; used once."""

    def __init__(self, ports: VisitPorts, tenant_id: UUID, command: UndoImport, by: Provenance) -> None:
        self._ports = ports
        self._log: PracticeLog = ports.logs.of(tenant_id)
        self._import_id = command.import_id
        self._what_can_be = command.what_can_be
        self._most = command.most
        self._by = by
        self._commands = PatientIdentities(tenant_id, self._import(command.expected_version).source)

    def run(self, report: Callable[[int], None]) -> UndoReport:
        standing, before = self._ports.visits.made_by(self._log.tenant_id, self._import_id)
        made = len(standing) + before
        if self._most is not None and made > self._most:
            raise ImportTooLargeError(made, self._most, KIND)
        kept: dict[UUID, KeptBecause] = {}
        for some in _batches(standing):
            kept |= self._changed(some)
        if kept and not self._what_can_be:
            raise ImportInUseError({id_: why.value for id_, why in kept.items()}, KIND)
        withdrawn = 0
        for some in _batches(standing):
            done, changed = self._withdraw([id_ for id_ in some if id_ not in kept])
            withdrawn += done
            kept |= changed
            report(len(some))
        outcome = self._note(before + withdrawn, sorted(kept))
        return UndoReport(withdrawn, before, kept, outcome)

    def _changed(self, ids: Sequence[UUID]) -> dict[UUID, KeptBecause]:
        changed = self._ports.visits.changed_since(self._log.tenant_id, self._import_id, ids)
        return dict.fromkeys(changed, KeptBecause.CHANGED)

    def _withdraw(self, ids: Sequence[UUID]) -> tuple[int, dict[UUID, KeptBecause]]:
        """Withdraw these in one append; what was changed at the same time is kept."""
        for attempt in range(_MOST_ATTEMPTS):
            visits = self._log.load_all(Appointment, ids) if ids else {}
            # Asked once they are read: what comes after that would make the append stale.
            kept = self._changed(ids)
            now = self._ports.clock.now()
            going = [visit for id_, visit in visits.items() if id_ not in kept and withdraw(visit, now)]
            try:
                self._save("undo", going, [visit.id for visit in going])
            except _SOMEBODY_ELSE:
                if attempt == _MOST_ATTEMPTS - 1:
                    raise
                continue
            return len(going), kept
        raise AssertionError("the last attempt returns or raises")

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

    def _save(self, kind: str, things: Sequence[Aggregate], releases: Sequence[UUID] = ()) -> None:
        by = Provenance(self._by.actor, self._commands.command(kind, things), causation_id=self._import_id)
        self._log.record(*things, by=by, releases=releases)


def _batches(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [ids[first : first + BATCH] for first in range(0, len(ids), BATCH)]
