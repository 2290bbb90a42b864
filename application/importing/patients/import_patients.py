"""Imports patients from the rows of a file, append by append; it can be killed at any point and run again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

from application.errors import NotFoundError, StaleVersionError
from application.importing.patients.identities import PatientIdentities
from application.importing.patients.planning import PatientBatch, PatientPlanner
from application.importing.patients.ports import PatientImportPorts
from application.importing.patients.reading import PersonRow
from application.importing.patients.report import Finding, Tally
from application.practice_log import PracticeLog
from domain.aggregate import Aggregate
from domain.practice.data_import import DataImport
from domain.provenance import CommandRepeatedError, Provenance

BATCH_ROWS: Final = 250
"""Rows of one append: up to 750 events. It holds the practice's head for some 0.1 s, which is how long a live booking waits."""
KIND: Final = "patients"
_MOST_ATTEMPTS: Final = 20
"""How often one batch is planned anew because another run of the same import came first."""


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
        while batch_rows := list(islice(coming, BATCH_ROWS)):
            tell(run.take(batch_rows), len(batch_rows))
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
        self.tally = Tally()
        self._met: dict[UUID, str] = {}
        self._planner: PatientPlanner | None = None

    def take(self, rows: Sequence[PersonRow | Finding]) -> Sequence[Finding]:
        """Record the next rows; return what is to be told of them."""
        for attempt in range(_MOST_ATTEMPTS):
            if self._planner is None:
                self._planner = self._new_planner()
            batch = self._planner.plan(rows)
            try:
                self._record(batch)
            except (StaleVersionError, CommandRepeatedError):
                # Another run of this import came first: look again and plan anew.
                self._planner = None
                if attempt == _MOST_ATTEMPTS - 1:
                    raise
                continue
            self._met |= batch.met
            self.tally.add(batch.tally)
            return batch.findings
        raise AssertionError("the last attempt returns or raises")

    def finish(self) -> None:
        """Note in the log what became of the file, unless that is noted already."""
        if self._command.dry_run:
            return
        tally = self.tally
        for attempt in range(_MOST_ATTEMPTS):
            now = self._ports.clock.now()
            started = self._import()
            made = tally.registered + tally.registered_before
            started.finish(tally.rows, made, tally.matched, tally.refused, now)
            try:
                self._save([started])
            except (StaleVersionError, CommandRepeatedError):
                if attempt == _MOST_ATTEMPTS - 1:
                    raise
                continue
            return

    def _record(self, batch: PatientBatch) -> None:
        if self._command.dry_run or not batch.patients:
            return
        started = self._import()
        started.resume(self._ports.clock.now())
        # Keys first: an event is never recorded before the key that opens it is durable.
        self._ports.keys.create(self._log.tenant_id, batch.newcomers)
        self._save([started, *batch.patients])

    def _import(self) -> DataImport:
        """Return the import as it is in the log, or one that begins."""
        try:
            return self._log.load(DataImport, self.import_id)
        except NotFoundError:
            return DataImport.start(
                id=self.import_id,
                kind=KIND,
                source=self._command.source,
                file_hash=self._command.digest.hex(),
                at=self._ports.clock.now(),
            )

    def _save(self, things: Sequence[Aggregate]) -> None:
        by = Provenance(
            actor=f"import:{self._command.source}",
            command_id=self._identities.command("run", things),
            causation_id=self.import_id,
        )
        self._log.record(*things, by=by)

    def _new_planner(self) -> PatientPlanner:
        return PatientPlanner(
            self._ports, self._log, self._identities, self.import_id, self._met, self._ports.clock.now()
        )
