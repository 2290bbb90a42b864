"""Imports patients from the rows of a file, append by append; it can be killed at any point and run again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final
from uuid import UUID

from application.importing.appends import BATCH, despite_others
from application.importing.patients.identities import PatientIdentities
from application.importing.patients.planning import PatientBatch, PatientPlanner
from application.importing.patients.ports import PatientImportPorts
from application.importing.patients.reading import PersonRow
from application.importing.patients.report import Finding, Tally
from application.importing.running_import import RunningImport
from application.kernel.practice_log import PracticeLog

KIND: Final = "patients"


@dataclass(frozen=True, slots=True)
class ImportPatients:
    """``digest`` is the SHA-256 of the file that the rows are from; a dry run plans everything and records nothing."""

    source: str
    digest: bytes
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class PatientImportReport:
    import_id: UUID
    tally: Tally


class ImportPatientsHandler:
    """Carries out ImportPatients. A second run, or one after a kill, registers only who is not there yet."""

    def __init__(self, ports: PatientImportPorts) -> None:
        self._ports = ports

    def __call__(
        self,
        tenant_id: UUID,
        command: ImportPatients,
        rows: Iterable[PersonRow | Finding],
        tell: Callable[[Sequence[Finding], int], None],
    ) -> PatientImportReport:
        """``rows`` are read as they are needed; ``tell`` learns what is to be known of each batch and how many rows it had.

        Raises UnavailableError, StaleVersionError, CommandRepeatedError: what was registered stays, run it again for the rest.
        """
        run = _Run(self._ports, tenant_id, command)
        coming = iter(rows)
        while some := list(islice(coming, BATCH)):
            tell(run.take(some), len(some))
        run.finish()
        return PatientImportReport(run.import_id, run.tally)


class _Run:
    """One run of an import; used once."""

    def __init__(self, ports: PatientImportPorts, tenant_id: UUID, command: ImportPatients) -> None:
        self._ports = ports
        self._command = command
        self._log: PracticeLog = ports.logs.of(tenant_id)
        self._identities = PatientIdentities(tenant_id, command.source)
        self.import_id = self._identities.import_of(command.digest)
        self._import = RunningImport(
            self._log, ports.clock, id=self.import_id, kind=KIND, source=command.source, digest=command.digest
        )
        self.tally = Tally()
        self._met: dict[UUID, str] = {}
        self._planner: PatientPlanner | None = None

    def take(self, rows: Sequence[PersonRow | Finding]) -> Sequence[Finding]:
        """Record the next rows; return what is to be told of them."""
        batch = despite_others(partial(self._recorded, rows))
        self._met |= batch.met
        self.tally.add(batch.tally)
        return batch.findings

    def finish(self) -> None:
        """Note in the log what became of the file, unless that is noted already."""
        tally = self.tally
        if not self._command.dry_run:
            made = tally.registered + tally.registered_before
            self._import.finish(rows=tally.rows, made=made, matched=tally.matched, refused=tally.refused)

    def _recorded(self, rows: Sequence[PersonRow | Finding]) -> PatientBatch:
        planner = self._planner or self._new_planner()
        # One whose plan is not recorded must look at the log again.
        self._planner = None
        batch = planner.plan(rows)
        if batch.patients and not self._command.dry_run:
            # Keys first: an event is never recorded before the key that opens it is durable.
            self._ports.keys.create(self._log.tenant_id, batch.newcomers)
            self._import.record(batch.patients)
        self._planner = planner
        return batch

    def _new_planner(self) -> PatientPlanner:
        return PatientPlanner(
            self._ports, self._log, self._identities, self.import_id, self._met, self._ports.clock.now()
        )
