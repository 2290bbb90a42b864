"""An import is taken back whole, or not at all, or as far as it can be; what people made since stands."""

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
from tests.application.importing.patients.patient_file import Brought, people, person
from tests.application.studio import MONDAY, FrozenClock, Studio, open_studio
from tests.support.commands import executor
from tests.support.container import Container, by_test

START = MONDAY + timedelta(minutes=30)


@pytest.fixture
def brought(container: Container) -> Brought:
    return Brought.into_a_new_practice(container)


@pytest.fixture
def clinic(container: Container) -> tuple[Studio, Brought]:
    """A practice where patients can be booked."""
    studio = open_studio(container)
    return studio, Brought(container, studio.log)


def book(brought: Brought, studio: Studio, patient_id: UUID) -> UUID:
    handler = executor(brought.container.logs, FrozenClock())
    command = BookAppointment(patient_id, studio.talk, studio.clinicians[0], START)
    return handler(studio.tenant_id, command, by_test()).aggregate.id


class TestUndo:
    def test_takes_everybody_out_of_all_lists_and_keeps_their_history(self, brought: Brought) -> None:
        report = brought.bring(people(260))
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

    def test_is_a_fact_of_each_patient_and_of_the_import(self, brought: Brought) -> None:
        report = brought.bring(people(3))

        brought.undo(report.import_id)

        topics = list(brought.topics())
        assert topics.count("patients.patient.withdrawn") == 3
        thing = brought.log.load(DataImport, report.import_id)
        assert (thing.status, thing.withdrawn_count, thing.kept_ids) == (ImportStatus.UNDONE, 3, [])
        [record], _ = brought.container.imports().page(brought.log.tenant_id)
        assert (record.status, record.withdrawn_count, record.undone_at is None) == ("undone", 3, False)

    def test_twice_records_nothing_the_second_time(self, brought: Brought) -> None:
        report = brought.bring(people(3))
        brought.undo(report.import_id)
        position = brought.log.reader.position()

        again = brought.undo(report.import_id)

        assert (again.withdrawn, again.withdrawn_before, again.kept) == (0, 3, {})
        assert brought.log.reader.position() == position

    def test_leaves_other_imports_and_other_people_alone(self, brought: Brought) -> None:
        brought.bring(people(3))
        later = brought.bring(people(5))

        brought.undo(later.import_id)

        assert sorted(brought.listed()) == ["Family1", "Family2", "Family3"]

    def test_the_same_file_can_be_imported_again_and_undone_again(self, brought: Brought) -> None:
        rows = [person(1, Medical_Alert="Latex", Guardian_Name="Miriam"), person(2)]
        first = brought.bring(rows)
        ids = brought.listed()
        brought.undo(first.import_id)

        again = brought.bring(rows)

        assert (again.import_id, again.tally.made.total(), brought.listed()) == (first.import_id, 2, ids)
        assert brought.patient("Family1").alert == "Latex"
        thing = brought.log.load(DataImport, first.import_id)
        assert (thing.status, thing.made_count, thing.withdrawn_count) == (ImportStatus.FINISHED, 2, 0)
        assert brought.undo(first.import_id).withdrawn == 2
        assert brought.listed() == {}

    def test_what_a_later_file_says_of_them_counts_when_they_come_again(self, brought: Brought) -> None:
        brought.undo(brought.bring([person(1)]).import_id)

        brought.bring([person(1, Email="new@example.org")])

        assert brought.patient("Family1").email == "new@example.org"

    def test_of_an_unknown_import_is_refused(self, brought: Brought) -> None:
        with pytest.raises(NotFoundError):
            brought.undo(UUID(int=1))

    def test_passes_over_who_was_erased_meanwhile(self, brought: Brought) -> None:
        report = brought.bring(people(2))
        erased = brought.patient("Family1")
        erased.erase(brought.container.clock.now())
        brought.log.record(erased, by=by_test())
        brought.container.keys.erase(brought.log.tenant_id, erased.id)

        assert brought.undo(report.import_id).withdrawn == 1

    def test_goes_on_where_it_was_stopped(self, brought: Brought) -> None:
        report = brought.bring(people(600))
        handled: list[int] = []

        class StoppedError(Exception):
            pass

        class StopsAfterTheFirst:
            """Is asked once for each batch before anything is recorded, and then once for each batch that was."""

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


def change(brought: Brought, one: Patient, other: Patient) -> None:
    one.change_remarks("prefers mornings", None, brought.container.clock.now())
    brought.log.record(one, by=by_test())


def consent(brought: Brought, one: Patient, other: Patient) -> None:
    handler = executor(brought.container.logs, brought.container.clock)
    handler(
        brought.log.tenant_id,
        DecideConsent(patient_id=one.id, kind="marketing", document_version="1", how=Channel.PAPER),
        by_test(),
    )


def merge(brought: Brought, one: Patient, other: Patient) -> None:
    handler = executor(brought.container.logs, brought.container.clock)
    handler(brought.log.tenant_id, MergePatients(one.id, other.id), by_test())


def merge_and_part(brought: Brought, one: Patient, other: Patient) -> None:
    merge(brought, one, other)
    handler = executor(brought.container.logs, brought.container.clock)
    handler(brought.log.tenant_id, MergePatients(one.id, other.id), by_test())


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
        self, brought: Brought, act: Callable[[Brought, Patient, Patient], None], kept: dict[str, KeptReason]
    ) -> None:
        report = brought.bring(people(4))
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

    def test_a_visit_keeps_its_patient(self, clinic: tuple[Studio, Brought]) -> None:
        studio, brought = clinic
        report = brought.bring(people(2))
        patient_id = brought.listed()["Family1"]
        book(brought, studio, patient_id)

        with pytest.raises(ImportInUseError):
            brought.undo(report.import_id)

        undone = brought.undo(report.import_id, what_can_be=True)
        assert undone.kept == {patient_id: KeptReason.IN_USE}

    def test_a_visit_booked_while_its_patient_is_withdrawn_brings_them_back(
        self, clinic: tuple[Studio, Brought]
    ) -> None:
        studio, brought = clinic
        report = brought.bring(people(2))
        patient_id = brought.listed()["Family1"]

        class ConcurrentWriter:
            """Says that nobody is in use, and lets a visit be booked between that and the withdrawal."""

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

    def test_keeps_who_is_changed_while_it_runs(self, brought: Brought) -> None:
        report = brought.bring(people(2))
        one, other = brought.patient("Family1"), brought.patient("Family2")

        class ConcurrentWriter:
            """Says that nobody is in use, and has one changed who was found unchanged."""

            asked = 0

            def taking_part(self, tenant_id: UUID, patient_ids: Iterable[UUID]) -> set[UUID]:
                self.asked += 1
                if self.asked == 1:
                    change(brought, one, other)
                return set()

        undone = brought.undo(report.import_id, in_use=ConcurrentWriter())

        assert (undone.withdrawn, undone.kept) == (1, {one.id: KeptReason.CHANGED})
        assert sorted(brought.listed()) == ["Family1"]

    def test_takes_no_visit_of_whoever_was_withdrawn(self, clinic: tuple[Studio, Brought]) -> None:
        studio, brought = clinic
        report = brought.bring(people(1))
        patient_id = brought.listed()["Family1"]
        brought.undo(report.import_id)

        with pytest.raises(PatientWithdrawnError):
            book(brought, studio, patient_id)

        brought.bring(people(1))
        assert brought.log.load(Appointment, book(brought, studio, patient_id)).patient_id == patient_id
