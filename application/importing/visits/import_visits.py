"""Imports appointments from the rows of another program's file, append by append; it can be killed at any point and run again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from application.catalogue import Catalogue
from application.errors import NotFoundError, StaleVersionError
from application.importing.patients.identities import PatientIdentities
from application.importing.rows import Refusal
from application.importing.visits.errors import NotInPracticeError
from application.importing.visits.format import VisitFormat
from application.importing.visits.identities import VisitIdentities
from application.importing.visits.people import People
from application.importing.visits.placing import PlacedVisit, Placing
from application.importing.visits.planning import VisitBatch, VisitPlanner
from application.importing.visits.ports import VisitPorts
from application.importing.visits.reading import VisitRow
from application.importing.visits.report import Kind, Named, VisitTally
from application.importing.visits.things import Things
from application.practice_log import PracticeLog
from domain.aggregate import Aggregate
from domain.practice.data_import import DataImport
from domain.practice.resource import Resource
from domain.provenance import CommandRepeatedError, Provenance
from domain.scheduling.errors import TimeTakenError
from domain.scheduling.time_claim import TimeClaim

BATCH_ROWS: Final = 250
"""Rows of one append: up to 750 events. It holds the practice's head for some 0.1 s, which is how long a live booking waits."""
KIND: Final = "appointments"
_MOST_ATTEMPTS: Final = 20
"""How often one batch is planned anew because somebody else was booking at the same time."""
_SOMEBODY_ELSE: Final = (TimeTakenError, StaleVersionError, CommandRepeatedError)


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
        self._commands = PatientIdentities(tenant_id, self._source)
        self._import_id = self._identities.import_of(command.digest)
        self._tally = VisitTally()

    def all(self, rows: Sequence[VisitRow | Refusal], report: Callable[[int], None]) -> VisitImportReport:
        read = [row for row in rows if isinstance(row, VisitRow)]
        self._tally.refusals += [row for row in rows if isinstance(row, Refusal)]
        things, missing = self._things(read)
        whose = People(self._ports, self._log, self._source).of(read)
        visits = Placing(self._command.used, things).place(read, whose, self._tally)
        report(len(rows) - len(visits))
        rooms = things.catalogue.all(Resource)
        planner = VisitPlanner(self._ports, self._log, self._identities, self._import_id, rooms)
        for first in range(0, len(visits), BATCH_ROWS):
            some = visits[first : first + BATCH_ROWS]
            self._tally.add(self._take(planner, some))
            report(len(some))
        self._finish()
        return VisitImportReport(self._import_id, self._tally, missing)

    def _things(self, rows: Sequence[VisitRow]) -> tuple[Things, Sequence[Named]]:
        """Return what the practice has, with what it had not got and, if that is wanted, has now."""
        command = self._command
        for attempt in range(_MOST_ATTEMPTS):
            catalogue = self._log.catalogue()
            things = self._things_in(catalogue)
            missing = things.missing(rows)
            if not missing:
                return things, missing
            if not (command.create_missing or command.dry_run):
                raise NotInPracticeError(missing)
            made = things.made(missing, rows, self._ports.clock.now())
            if not command.dry_run:
                try:
                    self._make(made, [one.id for one in missing if one.kind is Kind.CLINICIAN])
                except _SOMEBODY_ELSE:
                    if attempt == _MOST_ATTEMPTS - 1:
                        raise
                    continue
            after = {**catalogue.things, **{thing.id: thing for thing in made}}
            return self._things_in(Catalogue(catalogue.position, after)), missing
        raise AssertionError("the last attempt returns or raises")

    def _things_in(self, catalogue: Catalogue) -> Things:
        return Things(catalogue, self._command.used, self._identities, self._ports.directory)

    def _make(self, made: Sequence[Aggregate], clinician_ids: Sequence[UUID]) -> None:
        # Keys first: an event is never recorded before the key that opens it is durable.
        self._ports.keys.create(self._log.tenant_id, clinician_ids)
        started = self._import()
        started.resume(self._ports.clock.now())
        self._save([started, *made])

    def _take(self, planner: VisitPlanner, visits: Sequence[PlacedVisit]) -> VisitTally:
        """Book the next visits; return what became of them."""
        for attempt in range(_MOST_ATTEMPTS):
            batch = planner.plan(visits, self._ports.clock.now())
            try:
                self._record(batch)
            except _SOMEBODY_ELSE:
                # Somebody booked meanwhile, by hand or by another run of this import: look again and plan anew.
                if attempt == _MOST_ATTEMPTS - 1:
                    raise
                continue
            planner.note(batch)
            return batch.tally
        raise AssertionError("the last attempt returns or raises")

    def _record(self, batch: VisitBatch) -> None:
        if self._command.dry_run or not batch.appointments:
            return
        started = self._import()
        started.resume(self._ports.clock.now())
        self._save([started, *batch.appointments], batch.claims, batch.releases)

    def _finish(self) -> None:
        """Note in the log what became of the file, unless that is noted already."""
        if self._command.dry_run:
            return
        tally = self._tally
        for attempt in range(_MOST_ATTEMPTS):
            started = self._import()
            now = self._ports.clock.now()
            started.finish(tally.rows, tally.made, tally.matched, len(tally.refusals), now)
            try:
                self._save([started])
            except _SOMEBODY_ELSE:
                if attempt == _MOST_ATTEMPTS - 1:
                    raise
                continue
            return

    def _import(self) -> DataImport:
        """Return the import as it is in the log, or one that begins."""
        try:
            return self._log.load(DataImport, self._import_id)
        except NotFoundError:
            return DataImport.start(
                id=self._import_id,
                kind=KIND,
                source=self._source,
                file_hash=self._command.digest.hex(),
                at=self._ports.clock.now(),
            )

    def _save(
        self, things: Sequence[Aggregate], claims: Sequence[TimeClaim] = (), releases: Sequence[UUID] = ()
    ) -> None:
        by = Provenance(
            actor=f"import:{self._source}",
            command_id=self._commands.command("run", things),
            causation_id=self._import_id,
        )
        self._log.record(*things, by=by, claims=claims, releases=releases)
