"""Undo of a patient import: all, none, or as far as possible; later changes are kept."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID

import pytest

from application.importing.errors import ImportInUseError
from application.importing.undo import KeptReason
from application.kernel.errors import NotFoundError
from application.patients.decide_consent import DecideConsent
from application.patients.merge_patients import MergePatients
from application.scheduling.appointments.book_appointment import BookAppointment
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
def brought(container: Container) -> PatientImports:
    return PatientImports.into_a_new_practice(container)


@pytest.fixture
def clinic(container: Container) -> tuple[SeededPractice, PatientImports]:
    """A practice where patients can be booked."""
    studio = seed_practice(container)
    return studio, PatientImports(container, studio.log)


def book(brought: PatientImports, studio: SeededPractice, patient_id: UUID) -> UUID:
    handler = executor(brought.container.logs, fixed_clock())
    command = BookAppointment(patient_id, studio.talk, studio.clinicians[0], START)
    return handler(studio.tenant_id, command, by_test()).aggregate.id


class TestUndo:
    def test_takes_everybody_out_of_all_lists_and_keeps_their_history(self, brought: PatientImports) -> None:
        report = brought.import_rows(people(260))
        someone = brought.listed()["Family7"]

        undone = brought.undo(report.import_id)

        assert (undone.withdrawn, undone.withdrawn_before, undone.kept) == (260, 0, {})
        patients, tenant_id = brought.container.patients(), brought.log.tenant_id
        assert brought.listed() == {}
        assert patients.search(tenant_id, "Family7").patients == []
        assert patients.search(tenant_id, "p7@example.org").patients == []
        assert brought.log.load(Patient, someone).given_name == "Given7"
        record = patients.patient(tenant_id, someone)
        assert record is not None
        assert record.is_withdrawn
        assert brought.container.app_log.verify(tenant_id) is None

    def test_is_a_fact_of_each_patient_and_of_the_import(self, brought: PatientImports) -> None:
        report = brought.import_rows(people(3))

        brought.undo(report.import_id)

        topics = list(brought.topics())
        assert topics.count("patients.patient.withdrawn") == 3
        thing = brought.log.load(DataImport, report.import_id)
        assert (thing.status, thing.withdrawn_count, thing.kept_ids) == (ImportStatus.UNDONE, 3, [])
        [record], _ = brought.container.imports().page(brought.log.tenant_id)
        assert (record.status, record.withdrawn_count, record.undone_at is None) == ("undone", 3, False)

    def test_twice_records_nothing_the_second_time(self, brought: PatientImports) -> None:
        report = brought.import_rows(people(3))
        brought.undo(report.import_id)
        position = brought.log.reader.position()

        again = brought.undo(report.import_id)

        assert (again.withdrawn, again.withdrawn_before, again.kept) == (0, 3, {})
        assert brought.log.reader.position() == position

    def test_leaves_other_imports_and_other_people_alone(self, brought: PatientImports) -> None:
        brought.import_rows(people(3))
        later = brought.import_rows(people(5))

        brought.undo(later.import_id)

        assert sorted(brought.listed()) == ["Family1", "Family2", "Family3"]

    def test_the_same_file_can_be_imported_again_and_undone_again(self, brought: PatientImports) -> None:
        rows = [person(1, Medical_Alert="Latex", Guardian_Name="Miriam"), person(2)]
        first = brought.import_rows(rows)
        ids = brought.listed()
        brought.undo(first.import_id)

        again = brought.import_rows(rows)

        assert (again.import_id, again.tally.made.total(), brought.listed()) == (first.import_id, 2, ids)
        assert brought.patient("Family1").alert == "Latex"
        thing = brought.log.load(DataImport, first.import_id)
        assert (thing.status, thing.made_count, thing.withdrawn_count) == (ImportStatus.FINISHED, 2, 0)
        assert brought.undo(first.import_id).withdrawn == 2
        assert brought.listed() == {}

    def test_what_a_later_file_says_of_them_counts_when_they_come_again(self, brought: PatientImports) -> None:
        brought.undo(brought.import_rows([person(1)]).import_id)

        brought.import_rows([person(1, Email="new@example.org")])

        assert brought.patient("Family1").email == "new@example.org"

    def test_of_an_unknown_import_is_refused(self, brought: PatientImports) -> None:
        with pytest.raises(NotFoundError):
            brought.undo(UUID(int=1))

    def test_passes_over_who_was_erased_meanwhile(self, brought: PatientImports) -> None:
        report = brought.import_rows(people(2))
        erased = brought.patient("Family1")
        erased.erase(brought.container.clock.now())
        brought.log.record(erased, by=by_test())
        brought.container.keys.erase(brought.log.tenant_id, erased.id)

        assert brought.undo(report.import_id).withdrawn == 1

    def test_goes_on_where_it_was_stopped(self, brought: PatientImports) -> None:
        report = brought.import_rows(people(600))
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
            brought.undo(report.import_id, in_use=StopsAfterTheFirst())
        undone = brought.undo(report.import_id)

        assert (undone.withdrawn + undone.withdrawn_before, brought.listed()) == (600, {})
        assert list(brought.topics()).count("patients.patient.withdrawn") == 600


def change(brought: PatientImports, read_row: Patient, other: Patient) -> None:
    read_row.change_remarks("prefers mornings", None, brought.container.clock.now())
    brought.log.record(read_row, by=by_test())


def consent(brought: PatientImports, read_row: Patient, other: Patient) -> None:
    handler = executor(brought.container.logs, brought.container.clock)
    handler(
        brought.log.tenant_id,
        DecideConsent(patient_id=read_row.id, kind="marketing", document_version="1", how=Channel.PAPER),
        by_test(),
    )


def merge(brought: PatientImports, read_row: Patient, other: Patient) -> None:
    handler = executor(brought.container.logs, brought.container.clock)
    handler(brought.log.tenant_id, MergePatients(read_row.id, other.id), by_test())


def merge_and_part(brought: PatientImports, read_row: Patient, other: Patient) -> None:
    merge(brought, read_row, other)
    handler = executor(brought.container.logs, brought.container.clock)
    handler(brought.log.tenant_id, MergePatients(read_row.id, other.id), by_test())


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
        brought: PatientImports,
        act: Callable[[PatientImports, Patient, Patient], None],
        kept: dict[str, KeptReason],
    ) -> None:
        report = brought.import_rows(people(4))
        ids = brought.listed()
        act(brought, brought.patient("Family1"), brought.patient("Family2"))
        position = brought.log.reader.position()
        expected = {ids[name]: why for name, why in kept.items()}

        with pytest.raises(ImportInUseError) as refused:
            brought.undo(report.import_id)

        assert (refused.value.kept, brought.log.reader.position()) == (expected, position)
        undone = brought.undo(report.import_id, what_can_be=True)
        assert (undone.withdrawn, undone.kept) == (4 - len(kept), expected)
        assert set(brought.listed().values()) <= set(expected)

    def test_a_visit_keeps_its_patient(self, clinic: tuple[SeededPractice, PatientImports]) -> None:
        studio, brought = clinic
        report = brought.import_rows(people(2))
        patient_id = brought.listed()["Family1"]
        book(brought, studio, patient_id)

        with pytest.raises(ImportInUseError):
            brought.undo(report.import_id)

        undone = brought.undo(report.import_id, what_can_be=True)
        assert undone.kept == {patient_id: KeptReason.IN_USE}

    def test_a_visit_booked_while_its_patient_is_withdrawn_brings_them_back(
        self, clinic: tuple[SeededPractice, PatientImports]
    ) -> None:
        studio, brought = clinic
        report = brought.import_rows(people(2))
        patient_id = brought.listed()["Family1"]

        class ConcurrentWriter:
            """Reports no use, and books a visit before the withdrawal."""

            asked = 0

            def taking_part(self, tenant_id: UUID, patient_ids: Iterable[UUID]) -> set[UUID]:
                self.asked += 1
                if self.asked == 1:
                    book(brought, studio, patient_id)
                    return set()
                brought.catch_up()
                return brought.container.history().taking_part(tenant_id, list(patient_ids))

        undone = brought.undo(report.import_id, in_use=ConcurrentWriter())

        assert (undone.withdrawn, undone.kept) == (1, {patient_id: KeptReason.IN_USE})
        assert brought.log.load(DataImport, report.import_id).kept_ids == [patient_id]
        assert "Family1" in brought.listed()

    def test_keeps_who_is_changed_while_it_runs(self, brought: PatientImports) -> None:
        report = brought.import_rows(people(2))
        read_row, other = brought.patient("Family1"), brought.patient("Family2")

        class ConcurrentWriter:
            """Says that nobody is in use, and has one changed who was found unchanged."""

            asked = 0

            def taking_part(self, tenant_id: UUID, patient_ids: Iterable[UUID]) -> set[UUID]:
                self.asked += 1
                if self.asked == 1:
                    change(brought, read_row, other)
                return set()

        undone = brought.undo(report.import_id, in_use=ConcurrentWriter())

        assert (undone.withdrawn, undone.kept) == (1, {read_row.id: KeptReason.CHANGED})
        assert sorted(brought.listed()) == ["Family1"]

    def test_refuses_visits_of_withdrawn_patients(self, clinic: tuple[SeededPractice, PatientImports]) -> None:
        studio, brought = clinic
        report = brought.import_rows(people(1))
        patient_id = brought.listed()["Family1"]
        brought.undo(report.import_id)

        with pytest.raises(PatientWithdrawnError):
            book(brought, studio, patient_id)

        brought.import_rows(people(1))
        assert brought.log.load(Appointment, book(brought, studio, patient_id)).patient_id == patient_id
