"""Books the rows of one practice, in the order in which they were booked, and records what came of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from threading import Event
from uuid import UUID

from application.importing.appends import despite_others, in_batches
from application.importing.batch import Batch, BatchPlanner
from application.importing.days import clinicians_needed, visits_in
from application.importing.identities import Identities
from application.importing.mapping import ImportMapping
from application.importing.ports import PersonKeys, StreamLookup
from application.importing.practice_setup import PracticeSetup, set_up
from application.importing.report import Done
from application.importing.rows import RequestedVisit
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from domain.kernel.provenance import Provenance
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician


@dataclass(frozen=True, slots=True)
class ImportPorts:
    """What the import of a practice works with."""

    logs: PracticeLogs
    keys: PersonKeys
    facts: StreamLookup
    clock: Clock


class PracticeImport:
    """Imports one practice's rows, which are not empty; used once."""

    def __init__(
        self,
        ports: ImportPorts,
        mapping: ImportMapping,
        import_id: UUID,
        visits: Sequence[RequestedVisit],
        dry_run: bool,
    ) -> None:
        self._ports = ports
        self._mapping = mapping
        self._import_id = import_id
        self._visits = sorted(visits, key=lambda visit: (visit.booked_at, visit.line))
        self._dry_run = dry_run
        self.name = visits[0].practice
        self.practice_id = Identities(mapping.source).practice(self.name)
        self._log = ports.logs.of(self.practice_id)
        self._planner: BatchPlanner | None = None

    def run(self, stop: Event, report: Callable[[int], None]) -> Done:
        """Book what is not booked yet; return what became of all rows, in this run and in earlier ones.

        ``report`` is told how many more rows are done. After ``stop`` is set nothing more is begun.
        Raises TimeTakenError, StaleVersionError, CommandRepeatedError: others change the practice faster than rows are planned.
        """
        done = Done()
        for some in in_batches(self._visits):
            if stop.is_set():
                break
            done.add(despite_others(partial(self._recorded, some)).done)
            report(len(some))
        return done

    def _recorded(self, visits: Sequence[RequestedVisit]) -> Batch:
        planner = self._planner or self._new_planner(self._set_up())
        # One whose plan is not recorded must look at the log again.
        self._planner = None
        batch = planner.plan(visits)
        self._record(batch)
        self._planner = planner
        return batch

    def _set_up(self) -> PracticeSetup:
        """Make the practice, or what it lacks for these rows."""
        now = self._ports.clock.now()
        catalogue = self._log.catalogue()
        sample = set_up(self._mapping, self.practice_id, self.name, catalogue, 1, now)
        hours, rules = sample.hours_of(sample.clinicians[0]), sample.rules
        needed = clinicians_needed(
            (visit.on_date for visit in self._visits),
            lambda on_date: visits_in(sample.location.zone, on_date, hours, rules),
        )
        setup = set_up(self._mapping, self.practice_id, self.name, catalogue, needed, now)
        if setup.made and not self._dry_run:
            self._ports.logs.begin(self.practice_id)
            joined = [thing.id for thing in setup.made if isinstance(thing, Clinician)]
            self._ports.keys.create(self.practice_id, joined)
            self._log.record(*setup.made, by=self._provenance([thing.id for thing in setup.made]))
        return setup

    def _new_planner(self, setup: PracticeSetup) -> BatchPlanner:
        """Read what is booked already, and plan from there."""
        facts, tenant_id = self._ports.facts, self.practice_id
        appointment_ids = [Identities.appointment(tenant_id, visit.appointment) for visit in self._visits]
        patient_ids = {Identities.patient(tenant_id, visit.patient) for visit in self._visits}
        planner = BatchPlanner(
            mapping=self._mapping,
            practice_id=tenant_id,
            setup=setup,
            booked=facts.claims_when_booked(tenant_id, appointment_ids),
            patients=facts.known(tenant_id, list(patient_ids)),
            erased=frozenset(self._ports.keys.erased_subjects(tenant_id)),
            now=self._ports.clock.now(),
        )
        if not (self._dry_run and tenant_id in (thing.id for thing in setup.made)):
            days = sorted(visit.on_date for visit in self._visits)
            # Wide enough for these days on any clock.
            first, last = days[0] - timedelta(days=3), days[-1] + timedelta(days=4)
            around = TimeRange(*(datetime.combine(day, time(12), UTC) for day in (first, last)))
            planner.note(self._log.reader.read_booking_context([one.id for one in setup.clinicians], around).claims)
        return planner

    def _record(self, batch: Batch) -> None:
        if self._dry_run or not batch.appointments:
            return
        # Keys first: an event is never recorded before the key that opens it is durable.
        self._ports.keys.create(self.practice_id, [patient.id for patient in batch.patients])
        by = self._provenance([appointment.id for appointment in batch.appointments])
        self._log.record(*batch.patients, *batch.appointments, by=by, guards=batch.claims)

    def _provenance(self, made: Sequence[UUID]) -> Provenance:
        return Provenance(
            actor=f"import:{self._mapping.source}",
            command_id=Identities.command(self.practice_id, made),
            causation_id=self._import_id,
        )
