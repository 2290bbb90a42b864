"""Undo of an appointment import: all, none, or as far as possible; later changes are kept."""

from datetime import datetime
from uuid import UUID

import pytest

from application.importing.errors import ImportInUseError
from application.importing.undo import KeptReason
from application.kernel.errors import NotFoundError
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.appointments.cancel_appointment import CancelAppointment
from domain.importing.data_import import DataImport, ImportStatus
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.errors import AlreadyArchivedError, NothingToUndoError
from projections.scheduling.calendar.queries import CalendarFilter
from tests.application.importing.patients.patient_file import PatientImports, person
from tests.application.importing.visits.visit_file import LATER, VisitImports, visit
from tests.support.commands import executor
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import MONDAY, fixed_clock, seed_practice


@pytest.fixture
def visit_imports(container: Container) -> VisitImports:
    return VisitImports(container, seed_practice(container))


ROWS = [
    visit("2026-06-01 09:00", Status="Arrived"),
    visit("2026-06-01 10:00", Status="No Show"),
    visit("2026-06-05 09:00"),
    visit("2026-06-05 10:00", Status="Cancelled"),
    visit("2026-06-05 09:00", Patient_First_Name="Jürgen"),
]


def cancel(visit_imports: VisitImports, visit_id: UUID) -> None:
    handler = executor(visit_imports.container.logs, fixed_clock(LATER))
    handler(visit_imports.studio.tenant_id, CancelAppointment(visit_id, "ill"), by_test())


class TestUndo:
    def test_takes_every_visit_back_and_gives_its_time_free(self, visit_imports: VisitImports) -> None:
        report = visit_imports.import_rows(ROWS)

        undone = visit_imports.undo(report.import_id)

        assert (undone.withdrawn, undone.withdrawn_before, undone.kept) == (5, 0, {})
        assert {read_row.status for read_row in visit_imports.visits()} == {Status.ARCHIVED}
        assert visit_imports.claimed() == set()
        visit_imports.catch_up()
        page = visit_imports.container.calendar().appointments(
            visit_imports.studio.tenant_id, CalendarFilter(), limit=100
        )
        assert {entry.status for entry in page.entries} == {"archived"}
        book = executor(visit_imports.container.logs, fixed_clock())
        studio = visit_imports.studio
        book(
            studio.tenant_id, BookAppointment(studio.patients[0], studio.talk, studio.clinicians[0], MONDAY), by_test()
        )
        assert visit_imports.container.log_verifier.verify(studio.tenant_id) is None

    def test_is_a_fact_of_each_visit_and_of_the_import(self, visit_imports: VisitImports) -> None:
        report = visit_imports.import_rows(ROWS)

        visit_imports.undo(report.import_id)

        events = visit_imports.container.app_log.page(visit_imports.studio.tenant_id, 0, 1000)
        facts = [event for event in events if event.event_type == Appointment.Withdrawn.TOPIC]
        assert {(event.actor, event.causation_id) for event in facts} == {("test", report.import_id)}
        data_import = visit_imports.studio.log.load(DataImport, report.import_id)
        assert (data_import.status, data_import.withdrawn_count, data_import.kept_ids) == (
            ImportStatus.UNDONE,
            len(facts),
            [],
        )

    def test_twice_records_nothing_the_second_time(self, visit_imports: VisitImports) -> None:
        report = visit_imports.import_rows(ROWS)
        visit_imports.undo(report.import_id)
        position = visit_imports.studio.log.reader.position()

        again = visit_imports.undo(report.import_id)

        assert (again.withdrawn, again.withdrawn_before, again.kept) == (0, 5, {})
        assert visit_imports.studio.log.reader.position() == position

    def test_the_same_file_can_be_imported_again_and_undone_again(self, visit_imports: VisitImports) -> None:
        first = visit_imports.import_rows(ROWS)
        visit_imports.undo(first.import_id)

        again = visit_imports.import_rows(ROWS)

        assert (again.import_id, again.tally.made) == (first.import_id, first.tally.made)
        assert len({read_row.id for read_row in visit_imports.visits()}) == 10
        assert visit_imports.import_rows(ROWS).tally.made_before == 5
        undone = visit_imports.undo(first.import_id)
        assert (undone.withdrawn, undone.withdrawn_before) == (5, 0)
        assert visit_imports.studio.log.load(DataImport, first.import_id).withdrawn_count == 5
        assert visit_imports.claimed() == set()

    def test_leaves_other_imports_and_what_people_booked_alone(self, visit_imports: VisitImports) -> None:
        visit_imports.import_rows(ROWS[:1])
        later = visit_imports.import_rows(ROWS)

        assert visit_imports.undo(later.import_id).withdrawn == 4
        assert [read_row.status for read_row in visit_imports.visits()].count(Status.COMPLETED) == 1

    def test_is_refused_as_a_whole_if_something_happened_to_one(self, visit_imports: VisitImports) -> None:
        report = visit_imports.import_rows(ROWS)
        changed = visit_imports.visits()[2].id
        cancel(visit_imports, changed)
        position = visit_imports.studio.log.reader.position()

        with pytest.raises(ImportInUseError, match="1 of its appointments") as refused:
            visit_imports.undo(report.import_id)

        assert refused.value.kept == {changed: "changed"}
        assert visit_imports.studio.log.reader.position() == position

    def test_takes_back_what_can_be(self, visit_imports: VisitImports) -> None:
        report = visit_imports.import_rows(ROWS)
        changed = visit_imports.visits()[2].id
        cancel(visit_imports, changed)

        undone = visit_imports.undo(report.import_id, what_can_be=True)

        assert (undone.withdrawn, undone.kept) == (4, {changed: KeptReason.CHANGED})
        assert visit_imports.studio.log.load(Appointment, changed).status == Status.CANCELLED

    def test_keeps_what_is_changed_while_it_runs(self, container: Container) -> None:
        studio = seed_practice(container)
        report = VisitImports(container, studio).import_rows(ROWS)
        changed = VisitImports(container, studio).visits()[2].id

        class SomebodyCancels(SettableClock):
            """Is asked once the visits are read and found unchanged: then somebody cancels one."""

            asked = 0

            def now(self) -> datetime:
                SomebodyCancels.asked += 1
                if SomebodyCancels.asked == 1:
                    cancel(VisitImports(container, studio), changed)
                return LATER

        undone = VisitImports(container, studio, SomebodyCancels()).undo(report.import_id)

        assert (undone.withdrawn, undone.kept) == (4, {changed: KeptReason.CHANGED})

    def test_works_for_visits_of_who_was_erased(self, visit_imports: VisitImports) -> None:
        report = visit_imports.import_rows(ROWS)
        log = visit_imports.studio.log
        patient = log.load(Patient, visit_imports.studio.patients[0])
        patient.erase(LATER)
        log.record(patient, by=by_test())
        visit_imports.container.keys.erase(log.tenant_id, patient.id)

        assert visit_imports.undo(report.import_id).withdrawn == 5

    def test_of_an_unknown_import_is_refused(self, visit_imports: VisitImports) -> None:
        with pytest.raises(NotFoundError):
            visit_imports.undo(UUID(int=1))


def test_patients_whose_visits_were_taken_back_can_be_taken_back_too(visit_imports: VisitImports) -> None:
    patient_imports = PatientImports(visit_imports.container, visit_imports.studio.log)
    patients = patient_imports.import_rows([person(1), person(2)])
    visits = visit_imports.import_rows(
        [visit("2026-06-05 09:00", Patient_Number="1", Patient_First_Name="Given1", Patient_Last_Name="Family1")]
    )
    with pytest.raises(ImportInUseError):
        patient_imports.undo(patients.import_id)

    visit_imports.undo(visits.import_id)

    assert patient_imports.undo(patients.import_id).withdrawn == 2


class TestWithdrawnVisit:
    @pytest.fixture
    def withdrawn(self, visit_imports: VisitImports) -> UUID:
        report = visit_imports.import_rows([visit("2026-06-05 09:00")])
        visit_imports.undo(report.import_id)
        return visit_imports.visits()[0].id

    def test_cannot_be_changed_any_more(self, visit_imports: VisitImports, withdrawn: UUID) -> None:
        with pytest.raises(AlreadyArchivedError):
            cancel(visit_imports, withdrawn)

    def test_cannot_be_undone(self, visit_imports: VisitImports, withdrawn: UUID) -> None:
        with pytest.raises(NothingToUndoError):
            visit_imports.studio.log.load(Appointment, withdrawn).undo(LATER)
