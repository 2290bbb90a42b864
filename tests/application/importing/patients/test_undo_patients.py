"""Undo of a patient import: all, none, or as far as possible; later changes are kept."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID

import pytest

from application.importing.errors import ImportInUseError
from application.importing.undo import KeptReason
from application.kernel.errors import NotFoundError
from application.patients.decide_consent import DecideConsent
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.merge_patients import MergePatients
from domain.importing.data_import import DataImport, ImportStatus
from domain.patients.consents import Channel
from domain.patients.errors import PatientWithdrawnError
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment
from tests.application.importing.patients.patient_file import PatientImports, people, person
from tests.support.commands import executor
from tests.support.container import Container, by_test
from tests.support.seeded_practice import MONDAY, SeededPractice, fixed_clock, seed_practice

START = MONDAY + timedelta(minutes=30)


@pytest.fixture
def patient_imports(container: Container) -> PatientImports:
    return PatientImports.into_a_new_practice(container)


@pytest.fixture
def clinic(container: Container) -> tuple[SeededPractice, PatientImports]:
    """A practice where patients can be booked."""
    studio = seed_practice(container)
    return studio, PatientImports(container, studio.log)


def book(patient_imports: PatientImports, studio: SeededPractice, patient_id: UUID) -> UUID:
    handler = executor(patient_imports.container.logs, fixed_clock())
    command = BookAppointment(patient_id, studio.talk, studio.clinicians[0], START)
    return handler(studio.tenant_id, command, by_test()).aggregate.id


class TestUndo:
    def test_takes_everybody_out_of_all_lists_and_keeps_their_history(self, patient_imports: PatientImports) -> None:
        report = patient_imports.import_rows(people(260))
        someone = patient_imports.listed()["Family7"]

        undone = patient_imports.undo(report.import_id)

        assert (undone.withdrawn, undone.withdrawn_before, undone.kept) == (260, 0, {})
        patients, tenant_id = patient_imports.container.patients(), patient_imports.log.tenant_id
        assert patient_imports.listed() == {}
        assert patients.search(tenant_id, "Family7").patients == []
        assert patients.search(tenant_id, "p7@example.org").patients == []
        assert patient_imports.log.load(Patient, someone).given_name == "Given7"
        record = patients.patient(tenant_id, someone)
        assert record is not None
        assert record.is_withdrawn
        assert patient_imports.container.log_verifier.verify(tenant_id) is None

    def test_is_a_fact_of_each_patient_and_of_the_import(self, patient_imports: PatientImports) -> None:
        report = patient_imports.import_rows(people(3))

        patient_imports.undo(report.import_id)

        topics = list(patient_imports.topics())
        assert topics.count("patients.patient.withdrawn") == 3
        data_import = patient_imports.log.load(DataImport, report.import_id)
        assert (data_import.status, data_import.withdrawn_count, data_import.kept_ids) == (ImportStatus.UNDONE, 3, [])
        [record], _ = patient_imports.container.imports().page(patient_imports.log.tenant_id)
        assert (record.status, record.withdrawn_count, record.undone_at is None) == ("undone", 3, False)

    def test_twice_records_nothing_the_second_time(self, patient_imports: PatientImports) -> None:
        report = patient_imports.import_rows(people(3))
        patient_imports.undo(report.import_id)
        position = patient_imports.log.reader.position()

        again = patient_imports.undo(report.import_id)

        assert (again.withdrawn, again.withdrawn_before, again.kept) == (0, 3, {})
        assert patient_imports.log.reader.position() == position

    def test_leaves_other_imports_and_other_people_alone(self, patient_imports: PatientImports) -> None:
        patient_imports.import_rows(people(3))
        later = patient_imports.import_rows(people(5))

        patient_imports.undo(later.import_id)

        assert sorted(patient_imports.listed()) == ["Family1", "Family2", "Family3"]

    def test_the_same_file_can_be_imported_again_and_undone_again(self, patient_imports: PatientImports) -> None:
        rows = [person(1, Medical_Alert="Latex", Guardian_Name="Miriam"), person(2)]
        first = patient_imports.import_rows(rows)
        ids = patient_imports.listed()
        patient_imports.undo(first.import_id)

        again = patient_imports.import_rows(rows)

        assert (again.import_id, again.tally.made.total(), patient_imports.listed()) == (first.import_id, 2, ids)
        assert patient_imports.patient("Family1").alert == "Latex"
        data_import = patient_imports.log.load(DataImport, first.import_id)
        assert (data_import.status, data_import.made_count, data_import.withdrawn_count) == (
            ImportStatus.FINISHED,
            2,
            0,
        )
        assert patient_imports.undo(first.import_id).withdrawn == 2
        assert patient_imports.listed() == {}

    def test_what_a_later_file_says_of_them_counts_when_they_come_again(self, patient_imports: PatientImports) -> None:
        patient_imports.undo(patient_imports.import_rows([person(1)]).import_id)

        patient_imports.import_rows([person(1, Email="new@example.org")])

        assert patient_imports.patient("Family1").email == "new@example.org"

    def test_of_an_unknown_import_is_refused(self, patient_imports: PatientImports) -> None:
        with pytest.raises(NotFoundError):
            patient_imports.undo(UUID(int=1))

    def test_passes_over_who_was_erased_meanwhile(self, patient_imports: PatientImports) -> None:
        report = patient_imports.import_rows(people(2))
        erased = patient_imports.patient("Family1")
        erased.erase(patient_imports.container.clock.now())
        patient_imports.log.record(erased, by=by_test())
        patient_imports.container.keys.erase(patient_imports.log.tenant_id, erased.id)

        assert patient_imports.undo(report.import_id).withdrawn == 1

    def test_goes_on_where_it_was_stopped(self, patient_imports: PatientImports) -> None:
        report = patient_imports.import_rows(people(600))
        handled: list[int] = []

        class StoppedError(Exception):
            pass

        class StopsAfterTheFirst:
            """Is called for each batch before anything is recorded, and after each batch."""

            def taking_part(self, tenant_id: UUID, patient_ids: Iterable[UUID]) -> set[UUID]:
                handled.append(len(list(patient_ids)))
                if len(handled) > 3:
                    raise StoppedError
                return set()

        with pytest.raises(StoppedError):
            patient_imports.undo(report.import_id, in_use=StopsAfterTheFirst())
        undone = patient_imports.undo(report.import_id)

        assert (undone.withdrawn + undone.withdrawn_before, patient_imports.listed()) == (600, {})
        assert list(patient_imports.topics()).count("patients.patient.withdrawn") == 600


def change(patient_imports: PatientImports, read_row: Patient, other: Patient) -> None:
    read_row.change_remarks("prefers mornings", None, patient_imports.container.clock.now())
    patient_imports.log.record(read_row, by=by_test())


def consent(patient_imports: PatientImports, read_row: Patient, other: Patient) -> None:
    handler = executor(patient_imports.container.logs, patient_imports.container.clock)
    handler(
        patient_imports.log.tenant_id,
        DecideConsent(patient_id=read_row.id, kind="marketing", document_version="1", how=Channel.PAPER),
        by_test(),
    )


def merge(patient_imports: PatientImports, read_row: Patient, other: Patient) -> None:
    handler = executor(patient_imports.container.logs, patient_imports.container.clock)
    handler(patient_imports.log.tenant_id, MergePatients(read_row.id, other.id), by_test())


def merge_and_part(patient_imports: PatientImports, read_row: Patient, other: Patient) -> None:
    merge(patient_imports, read_row, other)
    handler = executor(patient_imports.container.logs, patient_imports.container.clock)
    handler(patient_imports.log.tenant_id, MergePatients(read_row.id, other.id), by_test())


class TestInUse:
    @pytest.mark.parametrize(
        ("act", "kept"),
        [
            (change, {"Family1": KeptReason.CHANGED}),
            (consent, {"Family1": KeptReason.IN_USE}),
            (merge, {"Family1": KeptReason.CHANGED, "Family2": KeptReason.CHANGED}),
            (merge_and_part, {"Family1": KeptReason.CHANGED, "Family2": KeptReason.CHANGED}),
        ],
    )
    def test_keeps_all_or_what_must_be_kept(
        self,
        patient_imports: PatientImports,
        act: Callable[[PatientImports, Patient, Patient], None],
        kept: dict[str, KeptReason],
    ) -> None:
        report = patient_imports.import_rows(people(4))
        ids = patient_imports.listed()
        act(patient_imports, patient_imports.patient("Family1"), patient_imports.patient("Family2"))
        position = patient_imports.log.reader.position()
        expected = {ids[name]: why for name, why in kept.items()}

        with pytest.raises(ImportInUseError) as refused:
            patient_imports.undo(report.import_id)

        assert (refused.value.kept, patient_imports.log.reader.position()) == (expected, position)
        undone = patient_imports.undo(report.import_id, what_can_be=True)
        assert (undone.withdrawn, undone.kept) == (4 - len(kept), expected)
        assert set(patient_imports.listed().values()) <= set(expected)

    def test_a_visit_keeps_its_patient(self, clinic: tuple[SeededPractice, PatientImports]) -> None:
        studio, patient_imports = clinic
        report = patient_imports.import_rows(people(2))
        patient_id = patient_imports.listed()["Family1"]
        book(patient_imports, studio, patient_id)

        with pytest.raises(ImportInUseError):
            patient_imports.undo(report.import_id)

        undone = patient_imports.undo(report.import_id, what_can_be=True)
        assert undone.kept == {patient_id: KeptReason.IN_USE}

    def test_a_visit_booked_while_its_patient_is_withdrawn_brings_them_back(
        self, clinic: tuple[SeededPractice, PatientImports]
    ) -> None:
        studio, patient_imports = clinic
        report = patient_imports.import_rows(people(2))
        patient_id = patient_imports.listed()["Family1"]

        class ConcurrentWriter:
            """Reports no use, and books a visit before the withdrawal."""

            asked = 0

            def taking_part(self, tenant_id: UUID, patient_ids: Iterable[UUID]) -> set[UUID]:
                self.asked += 1
                if self.asked == 1:
                    book(patient_imports, studio, patient_id)
                    return set()
                patient_imports.catch_up()
                return patient_imports.container.history().taking_part(tenant_id, list(patient_ids))

        undone = patient_imports.undo(report.import_id, in_use=ConcurrentWriter())

        assert (undone.withdrawn, undone.kept) == (1, {patient_id: KeptReason.IN_USE})
        assert patient_imports.log.load(DataImport, report.import_id).kept_ids == [patient_id]
        assert "Family1" in patient_imports.listed()

    def test_keeps_who_is_changed_while_it_runs(self, patient_imports: PatientImports) -> None:
        report = patient_imports.import_rows(people(2))
        read_row, other = patient_imports.patient("Family1"), patient_imports.patient("Family2")

        class ConcurrentWriter:
            """Says that nobody is in use, and has one changed who was found unchanged."""

            asked = 0

            def taking_part(self, tenant_id: UUID, patient_ids: Iterable[UUID]) -> set[UUID]:
                self.asked += 1
                if self.asked == 1:
                    change(patient_imports, read_row, other)
                return set()

        undone = patient_imports.undo(report.import_id, in_use=ConcurrentWriter())

        assert (undone.withdrawn, undone.kept) == (1, {read_row.id: KeptReason.CHANGED})
        assert sorted(patient_imports.listed()) == ["Family1"]

    def test_refuses_visits_of_withdrawn_patients(self, clinic: tuple[SeededPractice, PatientImports]) -> None:
        studio, patient_imports = clinic
        report = patient_imports.import_rows(people(1))
        patient_id = patient_imports.listed()["Family1"]
        patient_imports.undo(report.import_id)

        with pytest.raises(PatientWithdrawnError):
            book(patient_imports, studio, patient_id)

        patient_imports.import_rows(people(1))
        assert patient_imports.log.load(Appointment, book(patient_imports, studio, patient_id)).patient_id == patient_id
