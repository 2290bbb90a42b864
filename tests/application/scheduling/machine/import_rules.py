"""Rules for the scheduling machine: imports of patients, and their undo."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from application.importing.errors import ImportInUseError
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.availability.find_slots import FindSlots
from domain.kernel.time_range import TimeRange
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment
from tests.application.importing.patients.patient_file import PatientImports, people
from tests.support.commands import asker, executor
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import MONDAY, SeededPractice


class ImportRules:
    """Mixed into the machine, which keeps ``booked``: every appointment that there is."""

    container: Container
    studio: SeededPractice
    clock: SettableClock
    booked: list[UUID]

    @rule(
        count=st.integers(1, 3),
        visits=st.lists(st.integers(0, 2), max_size=2),
        what_can_be=st.booleans(),
        undoes=st.booleans(),
    )
    def import_book_and_undo(self, count: int, visits: list[int], what_can_be: bool, undoes: bool) -> None:
        patient_imports = PatientImports(self.container, self.studio.log)
        report = patient_imports.import_rows(people(count))
        imported = {id_ for name, id_ in patient_imports.listed().items() if name.startswith("Family")}
        for number in visits:
            self._book(sorted(imported)[number % len(imported)])
        if not undoes:
            return
        in_use = {visit.patient_id for visit in self._visits()} & imported
        made = set(patient_imports.listed().values()) & imported
        try:
            kept = set(patient_imports.undo(report.import_id, what_can_be=what_can_be).kept)
        except ImportInUseError as refused:
            assert not what_can_be
            assert set(patient_imports.listed().values()) & imported == made
            kept = set(refused.kept)
        else:
            own = {id_ for id_ in imported if self.studio.log.load(Patient, id_).is_withdrawn}
            assert set(patient_imports.listed().values()) & own == set()
        assert kept <= in_use

    @invariant()
    def whoever_has_a_visit_is_a_patient(self) -> None:
        patients = {visit.patient_id for visit in self._visits()}
        assert not any(patient.is_withdrawn for patient in self.studio.log.load_all(Patient, list(patients)).values())

    def _book(self, patient_id: UUID) -> None:
        """Book a time that is offered: nobody who was imported is refused one."""
        query = FindSlots(self.studio.talk, None, TimeRange(MONDAY, MONDAY + timedelta(days=1)))
        found = asker(self.container.logs, self.clock)(self.studio.tenant_id, query)
        own = [visit.during for visit in self._visits() if visit.patient_id == patient_id]
        for choice in found.choices:
            if not any(choice.slot.during.overlaps(during) for during in own):
                command = BookAppointment(patient_id, self.studio.talk, choice.clinician_id, choice.slot.starts_at)
                outcome = executor(self.container.logs, self.clock)(self.studio.tenant_id, command, by_test())
                self.booked.append(outcome.aggregate.id)
                return

    def _visits(self) -> Collection[Appointment]:
        return self.studio.log.load_all(Appointment, self.booked).values()
