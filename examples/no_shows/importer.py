"""Import the rows of the file: each practice by itself, several at the same time."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from threading import Event
from typing import Protocol
from uuid import UUID

from application.importing.pipeline import ImportLog, Plan, run_batches
from application.importing.ports import PersonKeys
from application.importing.report import Finding, Tally
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.scheduling.time_claim import TimeClaim
from no_shows.days import clinicians_needed, visits_in
from no_shows.identities import Identities
from no_shows.mapping import NoShowsMapping
from no_shows.planner import VisitPlanner
from no_shows.practice_setup import PracticeSetup, set_up
from no_shows.reader import VisitRow


class BookedLookup(Protocol):
    """Looks up what earlier runs have made, in few queries. Reads committed events only."""

    def known(self, tenant_id: UUID, stream_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return the ids that exist."""
        ...

    def claims_when_booked(self, tenant_id: UUID, appointment_ids: Sequence[UUID]) -> Sequence[TimeClaim]:
        """Return the clinician's claim with which each existing appointment was booked."""
        ...


@dataclass(frozen=True, slots=True)
class LoaderPorts:
    """The ports of the import."""

    logs: PracticeLogs
    keys: PersonKeys
    streams: BookedLookup
    clock: Clock


@dataclass(frozen=True, slots=True)
class ImportNoShows:
    """``digest`` is the SHA-256 of the file; a dry run plans everything and records nothing."""

    mapping: NoShowsMapping
    digest: bytes
    rows: Sequence[VisitRow | Finding]
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of the rows, and the ids of their practices by name."""

    tally: Tally
    practices: dict[str, UUID]


class ImportNoShowsHandler:
    """Imports the file. A repeated run, or one after a kill, books only what is missing."""

    def __init__(self, ports: LoaderPorts, concurrency: int = 3) -> None:
        """``concurrency`` practices are imported at once: while one waits for the database another
        is planned.
        """
        self._ports = ports
        self._concurrency = concurrency

    def __call__(self, command: ImportNoShows, report: Callable[[int], None]) -> ImportReport:
        """Call ``report`` with the number of rows of each batch, from several threads.

        Raises UnavailableError, and what PracticeImport.run raises: what was booked stays, run it
        again for the rest.
        """
        tally = Tally(findings=[row for row in command.rows if isinstance(row, Finding)])
        report(tally.rows)
        by_practice: defaultdict[str, list[VisitRow]] = defaultdict(list)
        for row in command.rows:
            if isinstance(row, VisitRow):
                by_practice[row.practice].append(row)
        # The largest first, so that the last one to finish is small.
        imports = [
            PracticeImport(self._ports, command, rows) for rows in sorted(by_practice.values(), key=len, reverse=True)
        ]
        for practice_tally in self._run_all(imports, report):
            tally.add(practice_tally)
        return ImportReport(tally, {each.name: each.practice_id for each in sorted(imports, key=lambda one: one.name)})

    def _run_all(self, imports: Sequence["PracticeImport"], report: Callable[[int], None]) -> Sequence[Tally]:
        stop = Event()
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="import") as pool:
            futures: list[Future[Tally]] = [pool.submit(each.run, stop, report) for each in imports]
            try:
                return [future.result() for future in as_completed(futures)]
            except BaseException:
                # Also for Ctrl-C: each thread ends after its current batch.
                stop.set()
                raise


class PracticeImport:
    """Imports the rows of one practice in the order in which they were booked; used once."""

    def __init__(self, ports: LoaderPorts, command: ImportNoShows, rows: Sequence[VisitRow]) -> None:
        """``rows`` are not empty."""
        self._ports = ports
        self._mapping = command.mapping
        self._dry_run = command.dry_run
        self._rows = sorted(rows, key=lambda row: (row.booked_at, row.line))
        self.name = rows[0].practice
        source = command.mapping.source
        identities = Identities(source)
        self.practice_id = identities.practice(self.name)
        self._log = ports.logs.of(self.practice_id)
        import_id = identities.import_of(command.digest)
        self._import_log = ImportLog(self._log, import_id, source, actor=f"import:{source}")

    def run(self, stop: Event, report: Callable[[int], None]) -> Tally:
        """Book what is not booked yet; return the outcome of all rows.

        Ends early once ``stop`` is set.

        Raises TimeTakenError, StaleVersionError, CommandRepeatedError: other writers are always
        faster.
        """
        tally = Tally()
        if stop.is_set():
            return tally
        for plan in run_batches(self._rows, self._new_planner, self._append):
            tally.add(plan.tally)
            report(plan.tally.rows)
            if stop.is_set():
                break
        return tally

    def _append(self, plan: Plan) -> None:
        if self._dry_run or not plan.made:
            return
        # A key is durable before the first event that it opens.
        self._ports.keys.create(self.practice_id, plan.newcomers)
        self._import_log.append("import", plan.made, claims=plan.claims)

    def _new_planner(self) -> VisitPlanner:
        """Return a planner that knows what is booked."""
        setup = self._set_up()
        streams, tenant_id = self._ports.streams, self.practice_id
        appointment_ids = [Identities.appointment(tenant_id, row.appointment) for row in self._rows]
        patient_ids = {Identities.patient(tenant_id, row.patient) for row in self._rows}
        planner = VisitPlanner(
            mapping=self._mapping,
            practice_id=tenant_id,
            setup=setup,
            booked=streams.claims_when_booked(tenant_id, appointment_ids),
            patients=streams.known(tenant_id, list(patient_ids)),
            erased=frozenset(self._ports.keys.erased_subjects(tenant_id)),
            now=self._ports.clock.now(),
            phone_numbers=self._ports.logs.phone_numbers,
        )
        if not (self._dry_run and tenant_id in (each.id for each in setup.made)):
            days = sorted(row.on_date for row in self._rows)
            # Wide enough for these days in any time zone.
            first, last = days[0] - timedelta(days=3), days[-1] + timedelta(days=4)
            around = TimeRange(*(datetime.combine(day, time(12), UTC) for day in (first, last)))
            whom = [*(clinician.id for clinician in setup.clinicians), *patient_ids]
            planner.add_busy(self._log.reader.read_booking_context(whom, around).claims)
        return planner

    def _set_up(self) -> PracticeSetup:
        """Create the practice, or what it lacks for these rows."""
        now = self._ports.clock.now()
        catalogue = self._log.catalogue()
        sample = set_up(self._mapping, self.practice_id, self.name, catalogue, 1, now)
        hours, rules = sample.hours_of(sample.clinicians[0]), sample.rules
        needed = clinicians_needed(
            (row.on_date for row in self._rows),
            lambda on_date: visits_in(sample.location.zone, on_date, hours, rules),
        )
        setup = set_up(self._mapping, self.practice_id, self.name, catalogue, needed, now)
        if setup.made and not self._dry_run:
            self._ports.logs.begin(self.practice_id)
            joined = [each.id for each in setup.made if isinstance(each, Clinician)]
            self._ports.keys.create(self.practice_id, joined)
            self._import_log.append("import", setup.made)
        return setup
