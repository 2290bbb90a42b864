"""Imported appointments keep their times, may overlap others, and are booked once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from application.importing.errors import NotInPracticeError
from application.importing.report import ImportReport, ResourceKind
from application.practice.change_service import ChangeService
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.appointments.place_hold import PlaceHold
from application.scheduling.merge_patients import MergePatients
from domain.importing.data_import import DataImport, ImportStatus
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.location import Location, LocationDetails
from domain.practice.service import Service
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.errors import TimeTakenError
from tests.application.importing.patients.patient_file import PatientImports, person
from tests.application.importing.visits.visit_file import LATER, VisitImports, acuity, load_format, reasons, visit
from tests.support.commands import executor
from tests.support.concurrency import run_concurrently
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import MONDAY, SeededPractice, fixed_clock, seed_practice


@pytest.fixture
def studio(container: Container) -> SeededPractice:
    return seed_practice(container)


@pytest.fixture
def visit_imports(container: Container, studio: SeededPractice) -> VisitImports:
    return VisitImports(container, studio)


def only(visit_imports: VisitImports) -> Appointment:
    [read_row] = visit_imports.visits()
    return read_row


class TestTimes:
    def test_are_the_locations_and_hours_do_not_matter(self, visit_imports: VisitImports) -> None:
        visit_imports.import_rows([visit("2026-01-04 22:15", Treatment_Price="12.34")])

        appointments_of = only(visit_imports)

        assert appointments_of.starts_at == datetime(2026, 1, 4, 21, 15, tzinfo=UTC)
        assert appointments_of.ends_at - appointments_of.starts_at == timedelta(minutes=50)
        assert (appointments_of.price_amount_minor, appointments_of.price_currency) == (1234, "EUR")
        assert (appointments_of.service_id, appointments_of.clinician_id) == (
            visit_imports.studio.talk,
            visit_imports.studio.clinicians[0],
        )
        assert (appointments_of.exempt_from, appointments_of.overlaps) == ([], [])

    def test_are_the_practices_where_the_format_says_so(self, visit_imports: VisitImports) -> None:
        log = visit_imports.studio.log
        [known] = log.catalogue().all(Location)
        mitte = log.load(Location, known.id)
        mitte.change(LocationDetails("Mitte", "America/New_York"), LATER)
        log.record(mitte, by=by_test())

        visit_imports.import_rows([acuity("06/01/2026 10:00 AM")], load_format("acuity"))
        visit_imports.import_rows([visit("2026-06-02 10:00")])

        assert [read_row.starts_at.hour for read_row in visit_imports.visits()] == [8, 14]

    def test_that_do_not_exist_or_come_twice_are_refused_unless_the_offset_is_said(
        self, visit_imports: VisitImports
    ) -> None:
        report = visit_imports.import_rows(
            [
                visit("2025-03-30 02:30"),
                visit("2025-10-26 02:30"),
                visit("2025-10-26 02:30+01:00"),
                visit("2025-10-26 02:30+02:00"),
            ]
        )

        column = "Appointment Start Date & Time"
        assert reasons(report) == [(2, "nonexistent_local_time", column), (3, "ambiguous_local_time", column)]
        assert [read_row.starts_at.hour for read_row in visit_imports.visits()] == [0, 1]

    def test_end_where_the_file_says_and_on_the_night_of_the_change_by_the_length(
        self, visit_imports: VisitImports
    ) -> None:
        end = "Appointment_End_Date_&_Time"
        report = visit_imports.import_rows(
            [
                visit("2026-06-01 10:00", **{end: "2026-06-01 10:20"}),
                visit("2025-10-26 01:45", **{end: "2025-10-26 02:35"}),
                visit("2025-03-30 01:30", **{end: "2025-03-30 03:30"}),
                visit("2026-06-01 12:00", Treatment_Duration=""),
                visit("2026-06-01 14:00", **{end: "2026-06-01 13:00"}),
                visit("2026-06-01 14:00", **{end: "2026-06-03 13:00"}),
                visit("2025-10-26 00:45", Treatment_Duration="", **{end: "2025-10-26 02:35"}),
            ]
        )

        lengths = [
            (read_row.ends_at - read_row.starts_at) // timedelta(minutes=1) for read_row in visit_imports.visits()
        ]
        assert lengths == [60, 50, 20, 50]
        column = end.replace("_", " ")
        assert reasons(report) == [
            (6, "ends_before_it_starts", column),
            (7, "longer_than_a_day", column),
            (8, "ambiguous_local_time", column),
        ]


class TestOutcomes:
    def test_become_ours(self, visit_imports: VisitImports) -> None:
        rows = [
            visit("2026-06-01 08:00", Status="Arrived"),
            visit("2026-06-01 09:00", Status="completed"),
            visit("2026-06-01 10:00", Status="No Show"),
            visit("2026-06-01 11:00", Status="Cancelled"),
            visit("2026-06-01 12:00", Status=""),
            visit("2026-06-03 13:30", Status="Arrived"),
            visit("2026-06-05 10:00", Status="Booked"),
            visit("2026-06-05 11:00", Status="Cancelled"),
            visit("2026-06-05 12:00", Status="No Show"),
            visit("2026-06-05 13:00", Status="Completed"),
        ]

        report = visit_imports.import_rows(rows)

        completed, no_show, cancelled, appointments_of, checked_in = (
            Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED, Status.BOOKED, Status.CHECKED_IN,
        )  # fmt: skip
        statuses = [read_row.status for read_row in visit_imports.visits()]
        assert statuses == [
            completed,
            completed,
            no_show,
            cancelled,
            appointments_of,
            checked_in,
            appointments_of,
            cancelled,
        ]
        assert report.tally.made == {completed: 2, no_show: 1, cancelled: 2, appointments_of: 2, checked_in: 1}
        assert reasons(report) == [(10, "not_over_yet", "Status"), (11, "not_over_yet", "Status")]
        assert visit_imports.claimed() == {
            read_row.id for read_row in visit_imports.visits() if read_row.status not in (no_show, cancelled)
        }

    def test_tell_late_cancellations_from_others(self, visit_imports: VisitImports) -> None:
        rows = [visit("2026-06-01 10:00", Status="Late Cancellation"), visit("2026-06-01 11:00", Status="Cancelled")]

        visit_imports.import_rows(rows)

        assert [(each.status, each.cancelled_late, each.cancelled_by) for each in visit_imports.visits()] == [
            (Status.CANCELLED, True, None),
            (Status.CANCELLED, False, None),
        ]

    def test_of_a_file_that_does_not_tell_them_are_not_judged_by_an_invented_time(
        self, visit_imports: VisitImports
    ) -> None:
        how = load_format(statuses={"cancelled": ["Cancelled"]})
        handler = executor(visit_imports.container.logs, fixed_clock())
        change = ChangeService(visit_imports.studio.talk, {"cancellation_notice_minutes": 1440})
        handler(visit_imports.studio.tenant_id, change, by_test())

        visit_imports.import_rows([visit("2026-06-01 10:00", Status="Cancelled")], how)

        [imported] = visit_imports.visits()
        assert (imported.cancellation_notice_minutes, imported.cancelled_late) == (1440, None)

    def test_of_a_patient_who_arrived_more_than_a_day_early_is_refused(self, visit_imports: VisitImports) -> None:
        rows = [visit("2027-06-07 10:00", Status="Arrived"), visit("2026-06-04 13:00", Status="Arrived")]

        report = visit_imports.import_rows(rows)

        assert reasons(report) == [(2, "not_over_yet", "Status")]
        assert [each.status for each in visit_imports.visits()] == [Status.CHECKED_IN]

    def test_are_facts_of_their_own_time_and_name_where_they_come_from(self, visit_imports: VisitImports) -> None:
        report = visit_imports.import_rows(
            [visit("2026-06-01 09:00", Status="Arrived"), visit("2026-06-05 09:00", Status="Cancelled")]
        )

        events = [
            event
            for event in visit_imports.container.app_log.page(visit_imports.studio.tenant_id, 0, 100)
            if event.causation_id
        ]
        assert {(event.actor, event.causation_id) for event in events} == {("import:jane", report.import_id)}
        assert [(event.event_type.rpartition(".")[2], event.effective_at) for event in events] == [
            ("started", LATER),
            ("booked", datetime(2026, 6, 1, 6, 59, tzinfo=UTC)),
            ("completed", datetime(2026, 6, 1, 7, 50, tzinfo=UTC)),
            ("booked", LATER),
            ("cancelled", LATER),
            ("finished", LATER),
        ]
        data_import = visit_imports.studio.log.load(DataImport, report.import_id)
        assert (data_import.kind, data_import.source, data_import.status) == (
            "appointments",
            "jane",
            ImportStatus.FINISHED,
        )
        assert (
            data_import.row_count,
            data_import.made_count,
            data_import.matched_count,
            data_import.refused_count,
        ) == (2, 2, 0, 0)


class TestNotes:
    def test_come_with_the_visit_and_other_columns_if_the_format_keeps_them(self, visit_imports: VisitImports) -> None:
        notes = 'Bring MRI; "left" knee, see note'
        visit_imports.import_rows([visit(Notes=notes), visit("2026-06-01 11:00", Notes="")])
        visit_imports.import_rows(
            [visit("2026-06-01 12:00", Notes=notes, Room="2")], load_format(keeps_other_columns=True)
        )

        assert [read_row.notes for read_row in visit_imports.visits()] == [notes, None, f"{notes}\nRoom: 2"]

    def test_that_cannot_be_kept_are_not_lost_silently(self, visit_imports: VisitImports) -> None:
        assert reasons(visit_imports.import_rows([visit(Notes="x" * 5_001)])) == [(2, "not_kept_like_this", "Notes")]


class TestVisitsAtOneTime:
    def test_lie_beside_each_other_with_a_reason(self, visit_imports: VisitImports) -> None:
        rows = [
            visit("2026-06-05 10:00", Patient_First_Name="Dana"),
            visit("2026-06-05 10:00", Patient_First_Name="נועה"),
            visit("2026-06-05 10:30", Patient_First_Name="Jürgen"),
            visit("2026-06-05 10:30", Patient_First_Name="Dana", Staff_Member_Name="Avi"),
        ]

        report = visit_imports.import_rows(rows)

        first, second, third, fourth = visit_imports.visits()
        assert (first.exempt_from, report.tally.beside) == ([], [3, 4, 5])
        # Dana cannot be with two clinicians at once.
        assert (fourth.exempt_from, fourth.overlaps, fourth.beside) == (
            ["patient_busy"],
            [first.id],
            [first.patient_id],
        )
        assert (second.exempt_from, second.overlaps, second.beside) == (
            ["time_taken"],
            [first.id],
            [second.clinician_id],
        )
        assert (third.overlaps, third.exemption) == ([first.id, second.id], "imported from jane")
        assert visit_imports.claimed() == {read_row.id for read_row in (first, second, third, fourth)}

    def test_whose_buffers_alone_meet_say_so(self, visit_imports: VisitImports) -> None:
        visit_imports.import_rows(
            [
                visit("2026-06-05 10:00", Treatment_Name="Massage"),
                visit("2026-06-05 10:50", Patient_First_Name="Jürgen"),
            ]
        )

        assert [read_row.exempt_from for read_row in visit_imports.visits()] == [[], ["buffer"]]

    def test_that_nobody_came_to_are_in_nobodys_way(self, visit_imports: VisitImports) -> None:
        visit_imports.import_rows(
            [
                visit(Status="Cancelled"),
                visit(Status="No Show", Patient_First_Name="נועה"),
                visit(Patient_First_Name="Jürgen"),
            ]
        )

        assert [read_row.exempt_from for read_row in visit_imports.visits()] == [[], [], []]

    def test_keep_what_people_booked_here_and_are_kept_from_new_bookings(self, visit_imports: VisitImports) -> None:
        book = executor(visit_imports.container.logs, fixed_clock())
        studio = visit_imports.studio
        own = book(
            studio.tenant_id, BookAppointment(studio.patients[1], studio.talk, studio.clinicians[0], MONDAY), by_test()
        )

        visit_imports.import_rows([visit("2026-06-01 09:20"), visit("2026-06-01 11:00")])

        _, beside, _ = visit_imports.visits()
        assert (beside.exempt_from, beside.overlaps) == (["time_taken"], [own.aggregate.id])
        late = BookAppointment(studio.patients[1], studio.talk, studio.clinicians[0], MONDAY + timedelta(hours=2))
        with pytest.raises(TimeTakenError):
            book(studio.tenant_id, late, by_test())

    def test_pass_over_holds_that_have_expired(self, visit_imports: VisitImports) -> None:
        studio = visit_imports.studio
        hold = PlaceHold(studio.talk, studio.clinicians[0], MONDAY, 10, "dana@example.org")
        executor(visit_imports.container.logs, fixed_clock(), visit_imports.container.keys)(
            studio.tenant_id, hold, by_test()
        )

        visit_imports.import_rows([visit("2026-06-01 09:00", Status="Arrived")])

        assert only(visit_imports).exempt_from == []

    def test_are_planned_anew_when_somebody_books_meanwhile(self, container: Container, studio: SeededPractice) -> None:
        book = executor(container.logs, fixed_clock())
        wanted = BookAppointment(studio.patients[1], studio.talk, studio.clinicians[0], MONDAY)

        class SomebodyBooks(SettableClock):
            """Is read for the plan and again for the record; a visit is booked in between."""

            asked = 0

            def now(self) -> datetime:
                SomebodyBooks.asked += 1
                if SomebodyBooks.asked == 2:
                    book(studio.tenant_id, wanted, by_test())
                return LATER

        visit_imports = VisitImports(container, studio, SomebodyBooks())
        visit_imports.import_rows([visit("2026-06-01 09:20")])

        own, beside = visit_imports.visits()
        assert (own.exempt_from, beside.overlaps) == ([], [own.id])


class TestRepeatedImport:
    def test_the_same_file_books_nothing(self, visit_imports: VisitImports) -> None:
        rows = [visit(), visit("2026-06-01 11:00", Status="Cancelled"), visit("2026-06-01 11:00")]
        visit_imports.import_rows(rows)
        position = visit_imports.studio.log.reader.position()

        again = visit_imports.import_rows(rows)

        assert (again.tally.made.total(), again.tally.made_before, again.tally.matched) == (0, 3, 0)
        assert visit_imports.studio.log.reader.position() == position

    def test_a_longer_file_adds_its_rows_and_leaves_the_others_as_they_are(self, visit_imports: VisitImports) -> None:
        visit_imports.import_rows([visit("2026-06-05 10:00")])

        longer = visit_imports.import_rows([visit("2026-06-05 10:00", Status="Cancelled"), visit("2026-06-05 11:00")])

        assert (longer.tally.made.total(), longer.tally.matched) == (1, 1)
        assert [read_row.status for read_row in visit_imports.visits()] == ["booked", "booked"]

    def test_another_programs_file_of_the_same_visits_adds_nothing(self, visit_imports: VisitImports) -> None:
        visit_imports.import_rows([visit("2026-06-01 10:00", Status="Arrived")])

        other = visit_imports.import_rows([acuity("06/01/2026 10:00 AM")], load_format("acuity"))

        assert (other.tally.made.total(), other.tally.matched) == (0, 1)

    def test_a_row_that_comes_twice_is_refused_and_a_cancelled_time_that_was_booked_anew_is_not(
        self, visit_imports: VisitImports
    ) -> None:
        rows = [visit(Status="Cancelled"), visit(), visit(), visit(Status="Cancelled"), visit(Treatment_Name="Massage")]

        report = visit_imports.import_rows(rows)

        assert [read_row.status for read_row in visit_imports.visits()] == ["cancelled", "booked"]
        column = "Appointment Start Date & Time"
        assert reasons(report) == [(line, "repeated_in_the_file", column) for line in (4, 5, 6)]

    def test_in_many_appends_each_visit_is_booked_once(self, visit_imports: VisitImports) -> None:
        first = datetime(2026, 1, 1, 8, tzinfo=UTC)
        rows = [visit(f"{first + timedelta(minutes=20 * number):%Y-%m-%d %H:%M}") for number in range(600)]

        tried = visit_imports.import_rows(rows, dry_run=True)
        report = visit_imports.import_rows(rows)

        assert len(visit_imports.visits()) == report.tally.made.total() == 600
        assert tried.tally == report.tally
        assert len(report.tally.beside) == 599


def test_dry_run_predicts_the_result_and_records_nothing(visit_imports: VisitImports) -> None:
    rows = [
        visit(),
        visit("2026-06-01 10:20", Patient_First_Name="Jürgen", Staff_Member_Name="Gil"),
        visit("2025-03-30 02:30"),
    ]
    position = visit_imports.studio.log.reader.position()

    with pytest.raises(NotInPracticeError):
        visit_imports.import_rows(rows, dry_run=True)
    tried = visit_imports.import_rows(rows, dry_run=True, create_missing=True)

    assert visit_imports.studio.log.reader.position() == position
    done = visit_imports.import_rows(rows, create_missing=True)
    assert (tried.import_id, tried.tally, tried.missing) == (done.import_id, done.tally, done.missing)


class TestPatientMatching:
    @pytest.fixture
    def patient_imports(self, visit_imports: VisitImports) -> PatientImports:
        return PatientImports(visit_imports.container, visit_imports.studio.log)

    def whose(self, visit_imports: VisitImports, **other: str) -> UUID | str:
        report = visit_imports.import_rows([visit(**other)])
        return report.tally.refusals[0].reason if report.tally.refusals else visit_imports.visits()[-1].patient_id

    def test_are_of_those_whom_the_source_brought_under_this_id(
        self, visit_imports: VisitImports, patient_imports: PatientImports
    ) -> None:
        patient_imports.import_rows([person(7, First_Name="Dana", Last_Name="Levi")])
        imported = next(id_ for id_ in patient_imports.listed().values() if id_ not in visit_imports.studio.patients)

        assert self.whose(visit_imports, Patient_Number="7") == imported
        assert self.whose(visit_imports, Patient_Number="7", Patient_Last_Name="Cohen") == imported
        assert (
            self.whose(visit_imports, Patient_Number="7", Patient_First_Name="Gil", Patient_Last_Name="Bar")
            == "id_of_another_person"
        )

    def test_are_of_the_only_one_of_the_name(self, visit_imports: VisitImports) -> None:
        assert self.whose(visit_imports, Patient_First_Name="DANA") == visit_imports.studio.patients[0]
        assert self.whose(visit_imports, Patient_First_Name="Georg") == "unknown_patient"
        assert self.whose(visit_imports, Patient_First_Name="Juergen") == visit_imports.studio.patients[2]
        assert self.whose(visit_imports, Patient_First_Name="Jurgen") == visit_imports.studio.patients[2]

    def test_are_told_apart_by_what_reaches_them(self, visit_imports: VisitImports) -> None:
        log = visit_imports.studio.log
        twins = [
            Patient.register(
                id=UUID(int=number),
                details=PatientDetails(given_name="Gil", family_name="Bar", email=f"gil{number}@example.org"),
                at=LATER,
            )
            for number in (1, 2)
        ]
        log.record(*twins, by=by_test())

        def read_row(**other: str) -> UUID | str:
            row = acuity(First_Name="Gil", Last_Name="Bar", **other)
            report = visit_imports.import_rows([row], load_format("acuity"))
            return report.tally.refusals[0].reason if report.tally.refusals else visit_imports.visits()[-1].patient_id

        assert read_row() == "several_of_this_name"
        assert read_row(Email="Gil2@example.org") == twins[1].id
        assert read_row(Email="gil3@example.org") == "unknown_patient"

    def test_are_of_who_stands_for_them_and_of_nobody_who_is_gone(
        self, visit_imports: VisitImports, patient_imports: PatientImports
    ) -> None:
        report = patient_imports.import_rows([person(7), person(8), person(9)])
        ids = patient_imports.listed()
        log, container = visit_imports.studio.log, visit_imports.container
        merge = MergePatients(visit_imports.studio.patients[0], ids["Family7"])
        executor(container.logs, container.clock)(log.tenant_id, merge, by_test())
        erased = log.load(Patient, ids["Family8"])
        erased.erase(LATER)
        log.record(erased, by=by_test())
        container.keys.erase(log.tenant_id, erased.id)
        patient_imports.undo(report.import_id, what_can_be=True)

        def named(number: int) -> UUID | str:
            return self.whose(
                visit_imports,
                Patient_Number=str(number), Patient_First_Name=f"Given{number}", Patient_Last_Name=f"Family{number}",
            )  # fmt: skip

        assert [named(number) for number in (7, 8, 9)] == [
            visit_imports.studio.patients[0],
            "patient_erased",
            "patient_withdrawn",
        ]


OF_GIL = {"Staff_Member_Name": "Gil", "Location_Name": "Kreuzberg"}
NEW = [
    visit("2026-06-05 10:00", Treatment_Name="ייעוץ", Treatment_Duration="30", **OF_GIL),
    visit("2026-06-05 11:00", Treatment_Name="ייעוץ", Treatment_Duration="30", **OF_GIL),
    visit("2026-06-05 12:00", Treatment_Name="ייעוץ", Treatment_Price="20", Staff_Member_Name="maya"),
]


class TestMissingRecords:
    def test_is_told_and_nothing_is_recorded(self, visit_imports: VisitImports) -> None:
        position = visit_imports.studio.log.reader.position()

        with pytest.raises(NotInPracticeError) as refused:
            visit_imports.import_rows(NEW)

        assert {(read_row.kind, read_row.name, read_row.rows) for read_row in refused.value.missing} == {
            (ResourceKind.SERVICE, "ייעוץ", 3), (ResourceKind.LOCATION, "Kreuzberg", 2), (ResourceKind.CLINICIAN, "Gil", 2),
        }  # fmt: skip
        assert visit_imports.studio.log.reader.position() == position

    def test_is_made_if_it_is_asked_for(self, visit_imports: VisitImports) -> None:
        visit_imports.import_rows(NEW, create_missing=True)

        catalogue = visit_imports.studio.log.catalogue()
        gil = next(read_row for read_row in catalogue.all(Clinician) if read_row.name == "Gil")
        advice = next(read_row for read_row in catalogue.all(Service) if read_row.terms.name == "ייעוץ")
        kreuzberg = next(read_row for read_row in catalogue.all(Location) if read_row.name == "Kreuzberg")
        assert (gil.zone, gil.hours, kreuzberg.zone) == ("Europe/Berlin", {}, "Europe/Berlin")
        assert (advice.terms.duration_minutes, advice.terms.price.amount_minor) == (30, 8000)
        assert set(advice.terms.clinician_ids) == {gil.id, visit_imports.studio.clinicians[0]}
        assert [read_row.location_id == kreuzberg.id for read_row in visit_imports.visits()] == [True, True, False]

    def test_is_found_again_when_people_have_given_it_another_name(self, visit_imports: VisitImports) -> None:
        visit_imports.import_rows(NEW, create_missing=True)
        log = visit_imports.studio.log
        gil = log.load(
            Clinician, next(read_row.id for read_row in log.catalogue().all(Clinician) if read_row.name == "Gil")
        )
        gil.change_details(ClinicianDetails("Gilad", None, gil.zone), LATER)
        log.record(gil, by=by_test())

        again = visit_imports.import_rows([*NEW, visit("2026-06-05 15:00", Staff_Member_Name="Gil")])

        assert (again.missing, again.tally.made.total(), again.tally.matched) == ([], 1, 3)

    def test_may_be_called_otherwise_in_the_file(self, visit_imports: VisitImports) -> None:
        renamed = load_format(
            clinicians={"G. Bar": "Maya", "j?rg": str(visit_imports.studio.clinicians[1])}, services={"ייעוץ": "Talk"}
        )

        visit_imports.import_rows(
            [
                visit(Staff_Member_Name="g. bar", Treatment_Name="ייעוץ"),
                visit("2026-06-01 11:00", Staff_Member_Name="J?rg"),
            ],
            renamed,
        )

        assert [read_row.clinician_id for read_row in visit_imports.visits()] == list(visit_imports.studio.clinicians)

    def test_is_refused_where_a_name_means_several(self, visit_imports: VisitImports) -> None:
        log = visit_imports.studio.log
        log.record(
            Clinician.join(id=UUID(int=3), details=ClinicianDetails("Maya", None, "Europe/Berlin"), at=LATER),
            by=by_test(),
        )

        assert reasons(visit_imports.import_rows([visit()])) == [(2, "several_of_this_name", "Staff Member Name")]

    def test_a_place_that_is_not_said_is_the_only_one_or_refused(self, visit_imports: VisitImports) -> None:
        log = visit_imports.studio.log
        visit_imports.import_rows([visit("2026-06-05 08:00", Location_Name="")])
        log.record(
            Location.open(id=UUID(int=4), details=LocationDetails("Kreuzberg", "Europe/Berlin"), at=LATER), by=by_test()
        )
        visit_imports.import_rows([visit("2026-06-05 09:00", Location_Name="")])
        log.record(
            Clinician.join(id=UUID(int=3), details=ClinicianDetails("Gil", None, "Europe/Berlin"), at=LATER),
            by=by_test(),
        )

        report = visit_imports.import_rows([visit("2026-06-05 10:00", Location_Name="", Staff_Member_Name="Gil")])

        assert reasons(report) == [(2, "which_location", "Location Name")]
        assert len({read_row.location_id for read_row in visit_imports.visits()}) == 1


class TestRooms:
    def test_are_taken_for_visits_to_come_as_far_as_they_are_free(self, visit_imports: VisitImports) -> None:
        names = ("Dana", "נועה", "Jürgen")
        rows = [visit("2026-06-05 10:00", Treatment_Name="Massage", Patient_First_Name=name) for name in names]

        report = visit_imports.import_rows(
            [*rows, visit("2026-06-01 10:00", Treatment_Name="Massage", Status="Arrived")]
        )

        over, *to_come = visit_imports.visits()
        assert (over.resource_ids, [len(read_row.resource_ids) for read_row in to_come]) == ([], [1, 1, 0])
        assert {id_ for read_row in to_come for id_ in read_row.resource_ids} == set(visit_imports.studio.rooms)
        assert report.tally.roomless == [4]


def test_two_runs_at_once_book_each_visit_once(visit_imports: VisitImports) -> None:
    first = datetime(2026, 6, 5, 8, tzinfo=UTC)
    rows = [visit(f"{first + timedelta(hours=number):%Y-%m-%d %H:%M}") for number in range(300)]

    reports = run_concurrently(2, lambda _: visit_imports.import_rows(rows))

    assert [report.tally.made_in_all for report in reports if isinstance(report, ImportReport)] == [300, 300]
    assert len(visit_imports.visits()) == len(visit_imports.claimed()) == 300
    assert visit_imports.container.log_verifier.verify(visit_imports.studio.tenant_id) is None
