"""The command that imports the patients of a file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from application.importing.identities import SourceIdentities
from application.importing.patients.planner import PatientPlanner
from application.importing.patients.reader import PersonRow
from application.importing.pipeline import ImportRun, run_batches
from application.importing.ports import ImportPorts
from application.importing.report import Finding, Tally

KIND: Final = "patients"


@dataclass(frozen=True, slots=True)
class ImportPatients:
    """``digest`` is the SHA-256 of the file; a dry run plans everything and records nothing."""

    source: str
    digest: bytes
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class PatientImportReport:
    import_id: UUID
    tally: Tally


class ImportPatientsHandler:
    """Imports patients in batches. A repeated run, or one after a kill, registers only who is missing."""

    def __init__(self, ports: ImportPorts) -> None:
        self._ports = ports

    def __call__(
        self,
        tenant_id: UUID,
        command: ImportPatients,
        rows: Iterable[PersonRow | Finding],
        report: Callable[[int], None],
    ) -> PatientImportReport:
        """Read ``rows`` lazily; call ``report`` with the number of rows of each batch.

        Raises UnavailableError, StaleVersionError, CommandRepeatedError: earlier batches stay
        registered, run it again for the rest.
        """
        ports, log = self._ports, self._ports.logs.of(tenant_id)
        identities = SourceIdentities(tenant_id, command.source)
        import_id = identities.patient_import(command.digest)
        run = ImportRun(
            ports, log, id=import_id, kind=KIND, source=command.source, digest=command.digest, dry_run=command.dry_run
        )
        tally = Tally()
        new_planner = partial(PatientPlanner, ports, log, identities, import_id, {})
        for plan in run_batches(rows, new_planner, run.append):
            tally.add(plan.tally)
            report(plan.tally.rows)
        run.finish(tally)
        return PatientImportReport(import_id, tally)
