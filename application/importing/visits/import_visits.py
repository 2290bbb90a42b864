"""Imports appointments from the rows of another program's file, append by append; it can be killed at any point and run again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from uuid import UUID

from application.importing.appends import despite_others, in_batches
from application.importing.rows import Refusal
from application.importing.running_import import RunningImport
from application.importing.visits.catalogue_matching import CatalogueMatcher
from application.importing.visits.errors import NotInPracticeError
from application.importing.visits.format import VisitFormat
from application.importing.visits.identities import VisitIdentities
from application.importing.visits.patient_matching import PatientMatcher
from application.importing.visits.placing import PlacedVisit, Placing
from application.importing.visits.planning import VisitBatch, VisitPlanner
from application.importing.visits.ports import VisitPorts
from application.importing.visits.reading import VisitRow
from application.importing.visits.report import Kind, Named, VisitTally
from application.kernel.catalogue import Catalogue
from application.kernel.practice_log import PracticeLog
from domain.practice.resource import Resource

KIND: Final = "appointments"


@dataclass(frozen=True, slots=True)
class ImportVisits:
    """``digest`` is the SHA-256 of the file that the rows are from; a dry run plans everything and records nothing.

    ``create_missing``: locations, clinicians and services that the file names and the practice has not are made first.
    """

    used: VisitFormat
    digest: bytes
    create_missing: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class VisitImportReport:
    """``missing`` is what the practice had not got, of all that the file names."""

    import_id: UUID
    tally: VisitTally
    missing: Sequence[Named]


class ImportVisitsHandler:
    """Carries out ImportVisits. A second run, or one after a kill, books only what is not there yet."""

    def __init__(self, ports: VisitPorts) -> None:
        self._ports = ports

    def __call__(
        self, tenant_id: UUID, command: ImportVisits, rows: Sequence[VisitRow | Refusal], report: Callable[[int], None]
    ) -> VisitImportReport:
        """``report`` is told how many more rows are done.

        Raises NotInPracticeError: something is missing and not to be made, so nothing was recorded; TimeTakenError, StaleVersionError,
        CommandRepeatedError: others change the practice faster than rows are planned; UnavailableError. What was booked stays then: run
        it again for the rest.
        """
        return _Run(self._ports, tenant_id, command).all(rows, report)


class _Run:
    """One run of an import; used once."""

    def __init__(self, ports: VisitPorts, tenant_id: UUID, command: ImportVisits) -> None:
        self._ports = ports
        self._command = command
        self._source = command.used.source
        self._log: PracticeLog = ports.logs.of(tenant_id)
        self._identities = VisitIdentities(tenant_id, self._source)
        import_id = self._identities.import_of(command.digest)
        self._import = RunningImport(
            self._log, ports.clock, id=import_id, kind=KIND, source=self._source, digest=command.digest
        )
        self._tally = VisitTally()

    def all(self, rows: Sequence[VisitRow | Refusal], report: Callable[[int], None]) -> VisitImportReport:
        read = [row for row in rows if isinstance(row, VisitRow)]
        self._tally.refusals += [row for row in rows if isinstance(row, Refusal)]
        things, missing = despite_others(partial(self._things, read))
        whose = PatientMatcher(self._ports, self._log, self._source).of(read)
        visits = Placing(self._command.used, things).place(read, whose, self._tally)
        report(len(rows) - len(visits))
        rooms = things.catalogue.all(Resource)
        planner = VisitPlanner(self._ports, self._log, self._identities, self._import.id, rooms)
        for some in in_batches(visits):
            batch = despite_others(partial(self._booked, planner, some))
            planner.note(batch)
            self._tally.add(batch.tally)
            report(len(some))
        self._finish()
        return VisitImportReport(self._import.id, self._tally, missing)

    def _things(self, rows: Sequence[VisitRow]) -> tuple[CatalogueMatcher, Sequence[Named]]:
        """Return what the practice has, with what it had not got and, if that is wanted, has now."""
        command = self._command
        catalogue = self._log.catalogue()
        things = self._things_in(catalogue)
        missing = things.missing(rows)
        if not missing:
            return things, missing
        if not (command.create_missing or command.dry_run):
            raise NotInPracticeError(missing)
        made = things.made(missing, rows, self._ports.clock.now())
        if not command.dry_run:
            # Keys first: an event is never recorded before the key that opens it is durable.
            clinician_ids = [one.id for one in missing if one.kind is Kind.CLINICIAN]
            self._ports.keys.create(self._log.tenant_id, clinician_ids)
            self._import.record(made)
        after = {**catalogue.things, **{thing.id: thing for thing in made}}
        return self._things_in(replace(catalogue, things=after)), missing

    def _things_in(self, catalogue: Catalogue) -> CatalogueMatcher:
        return CatalogueMatcher(catalogue, self._command.used, self._identities, self._ports.directory)

    def _booked(self, planner: VisitPlanner, visits: Sequence[PlacedVisit]) -> VisitBatch:
        batch = planner.plan(visits, self._ports.clock.now())
        if batch.appointments and not self._command.dry_run:
            self._import.record(batch.appointments, claims=batch.claims, releases=batch.releases)
        return batch

    def _finish(self) -> None:
        """Note in the log what became of the file, unless that is noted already."""
        tally = self._tally
        if not self._command.dry_run:
            self._import.finish(rows=tally.rows, made=tally.made, matched=tally.matched, refused=len(tally.refusals))
