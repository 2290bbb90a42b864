"""The command that imports the appointments of another program's file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from uuid import UUID

from application.importing.batches import retry_on_conflict
from application.importing.identities import SourceIdentities
from application.importing.pipeline import ImportRun, Plan, run_batches
from application.importing.ports import ImportPorts
from application.importing.report import Finding
from application.importing.visits.catalogue_resolver import CatalogueResolver
from application.importing.visits.errors import NotInPracticeError
from application.importing.visits.format import VisitFormat
from application.importing.visits.patient_resolver import PatientResolver
from application.importing.visits.planner import VisitPlanner
from application.importing.visits.reader import VisitRow
from application.importing.visits.report import MissingResource, ResourceKind, VisitTally
from application.importing.visits.resolver import VisitResolver
from domain.practice.resource import Resource

KIND: Final = "appointments"


@dataclass(frozen=True, slots=True)
class ImportVisits:
    """``digest`` is the SHA-256 of the file; a dry run plans everything and records nothing.

    ``create_missing``: create the locations, clinicians and services that the practice lacks.
    """

    format: VisitFormat
    digest: bytes
    create_missing: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class VisitImportReport:
    """``missing`` is what the file names and the practice lacked."""

    import_id: UUID
    tally: VisitTally
    missing: Sequence[MissingResource]


class ImportVisitsHandler:
    """Imports appointments in batches.

    A repeated run, or one after a kill, books only what is missing.
    """

    def __init__(self, ports: ImportPorts) -> None:
        self._ports = ports

    def __call__(
        self, tenant_id: UUID, command: ImportVisits, rows: Sequence[VisitRow | Finding], report: Callable[[int], None]
    ) -> VisitImportReport:
        """Call ``report`` with the number of rows of each batch.

        Raises NotInPracticeError: something is missing and not to be created, so nothing was
        recorded; TimeTakenError, StaleVersionError, CommandRepeatedError: other writers are always
        faster; UnavailableError. Earlier batches stay booked, run it again for the rest.
        """
        ports, format_, log = self._ports, command.format, self._ports.logs.of(tenant_id)
        identities = SourceIdentities(tenant_id, format_.source)
        import_id = identities.visit_import(command.digest)
        run = ImportRun(
            ports, log, id=import_id, kind=KIND, source=format_.source, digest=command.digest, dry_run=command.dry_run
        )
        tally = VisitTally(findings=[row for row in rows if isinstance(row, Finding)])
        visit_rows = [row for row in rows if isinstance(row, VisitRow)]
        catalogue, missing = retry_on_conflict(partial(self._resolve_catalogue, run, command, identities, visit_rows))
        patients = PatientResolver(ports, log, identities).resolve(visit_rows)
        visits = VisitResolver(format_, catalogue).resolve(visit_rows, patients, tally)
        report(tally.rows)
        rooms = catalogue.catalogue.all(Resource)
        new_planner = partial(VisitPlanner, ports, log, identities, import_id, rooms)
        for plan in run_batches(visits, new_planner, run.append):
            tally.add(plan.tally)
            report(plan.tally.rows)
        run.finish(tally)
        return VisitImportReport(import_id, tally, missing)

    def _resolve_catalogue(
        self, run: ImportRun, command: ImportVisits, identities: SourceIdentities, rows: Sequence[VisitRow]
    ) -> tuple[CatalogueResolver, Sequence[MissingResource]]:
        """Return the catalogue with what was missing in it. Raises NotInPracticeError."""
        catalogue = run.log.catalogue()
        resolver = CatalogueResolver(catalogue, command.format, identities, self._ports.directory)
        missing = resolver.missing(rows)
        if not missing:
            return resolver, missing
        if not (command.create_missing or command.dry_run):
            raise NotInPracticeError(missing)
        created = resolver.create(missing, rows, self._ports.clock.now())
        clinician_ids = [one.id for one in missing if one.kind is ResourceKind.CLINICIAN]
        run.append(Plan(VisitTally(), made=created, newcomers=clinician_ids))
        after = replace(catalogue, aggregates={**catalogue.aggregates, **{each.id: each for each in created}})
        return CatalogueResolver(after, command.format, identities, self._ports.directory), missing
