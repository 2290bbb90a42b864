"""Each patient is imported once, however often an import runs; none is merged or lost."""

import threading
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from application.importing.patients.import_patients import import_patients
from application.importing.patients.reader import PersonRow
from application.importing.pipeline import BATCH_SIZE, ImportRun
from application.importing.report import ImportReport, RowOutcome
from application.kernel.errors import UnavailableError
from domain.importing.data_import import DataImport, ImportKind, ImportStatus
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from projections.importing.imports.queries import ImportQueries
from tests.application.importing.patients.patient_file import (
    PatientImports,
    load_format,
    people,
    person,
    read,
    read_row,
)
from tests.support.container import Container, by_test


@pytest.fixture
def patient_imports(container: Container) -> PatientImports:
    return PatientImports.into_a_new_practice(container)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    """Return how many were registered, were there already, were matched and were refused."""
    tally = report.tally
    return tally.made.total(), tally.made_before + tally.already_there, tally.matched, len(tally.refusals)


class TestImport:
    def test_registers_everybody_with_all_that_the_file_says(self, patient_imports: PatientImports) -> None:
        rows = [person(1, Guardian_Name="Miriam", Medical_Alert="Latex", City="Haifa"), person(2)]

        report = patient_imports.import_rows(rows)

        assert counts(report) == (2, 0, 0, 0)
        patient = patient_imports.patient("Family1")
        assert (patient.alert, patient.notes) == ("Latex", "City: Haifa")
        assert [(contact.name, contact.is_guardian) for contact in patient.contacts] == [("Miriam", True)]
        assert patient_imports.reported() == []

    def test_shows_while_it_runs_how_far_it_is(self, patient_imports: PatientImports) -> None:
        run = patient_imports.run("jane", bytes(32))
        seen: list[tuple[str, int, int]] = []

        def look(_: int) -> None:
            patient_imports.catch_up()
            [listed], _next = ImportQueries(patient_imports.container.app_transaction).page(run.log.tenant_id)
            seen.append((listed.status, listed.row_count, listed.made_count))

        import_patients(run, read(people(2 * BATCH_SIZE + 1)), look)
        look(0)

        assert seen[1:] == [
            ("running", 2 * BATCH_SIZE, 2 * BATCH_SIZE),
            ("running", 2 * BATCH_SIZE + 1, 2 * BATCH_SIZE + 1),
            ("finished", 2 * BATCH_SIZE + 1, 2 * BATCH_SIZE + 1),
        ]

    def test_seals_it_under_each_persons_key(self, patient_imports: PatientImports) -> None:
        patient_imports.import_rows([person(1, City="Haifa")])

        events = patient_imports.container.app_log.page(patient_imports.log.tenant_id, 0, 100)
        assert "patients.patient.registered" in [event.event_type for event in events if event.sealed is not None]
        for event in events:
            assert "Family1" not in str(event.body)
            assert "Haifa" not in str(event.body)

    def test_records_the_result_of_the_file(self, patient_imports: PatientImports) -> None:
        report = patient_imports.import_rows([person(1), person(1), person(2, First_Name="", Last_Name="")])

        data_import = patient_imports.log.load(DataImport, report.import_id)
        assert (data_import.kind, data_import.source, data_import.status) == ("patients", "jane", ImportStatus.FINISHED)
        assert (
            data_import.row_count,
            data_import.made_count,
            data_import.matched_count,
            data_import.refused_count,
        ) == (3, 1, 1, 1)
        [record], _ = patient_imports.container.imports().page(patient_imports.log.tenant_id)
        assert (record.import_id, record.status, record.row_count, record.started_by) == (
            report.import_id,
            "finished",
            3,
            "import:jane",
        )

    def test_names_itself_as_the_cause_of_all_that_it_made(self, patient_imports: PatientImports) -> None:
        report = patient_imports.import_rows(people(3))

        events = [
            event
            for event in patient_imports.container.app_log.page(patient_imports.log.tenant_id, 0, 100)
            if event.actor != "test"
        ]
        assert {(event.actor, event.causation_id) for event in events} == {("import:jane", report.import_id)}
        assert patient_imports.container.log_verifier.verify(patient_imports.log.tenant_id) is None

    def test_dry_run_records_nothing_and_predicts_the_result(self, patient_imports: PatientImports) -> None:
        rows = [*people(300), person(300), person(7, First_Name="Other"), person(301, Mobile_Phone="none")]
        position = patient_imports.log.reader.position()

        predicted = patient_imports.import_rows(rows, dry_run=True)

        reported = patient_imports.reported()
        assert patient_imports.log.reader.position() == position
        assert predicted == patient_imports.import_rows(rows)
        assert reported == patient_imports.reported()

    def test_twice_records_nothing_the_second_time(self, patient_imports: PatientImports) -> None:
        rows = people(260)
        patient_imports.import_rows(rows)
        position = patient_imports.log.reader.position()

        assert counts(patient_imports.import_rows(rows)) == (0, 260, 0, 0)
        assert patient_imports.log.reader.position() == position

    def test_of_a_longer_file_registers_who_is_new(self, patient_imports: PatientImports) -> None:
        patient_imports.import_rows(people(20))

        assert counts(patient_imports.import_rows(people(30))) == (10, 20, 0, 0)
        assert len(patient_imports.listed()) == 30

    def test_two_runs_at_once_register_everybody_once(self, patient_imports: PatientImports) -> None:
        rows, reports = people(600), []
        patient_imports.catch_up()

        def run() -> None:
            reports.append(import_patients(patient_imports.run("jane", b"7" * 32), read(rows), lambda _: None))

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [sum(counts(report)[:2]) for report in reports] == [600, 600]
        assert sum(report.tally.made.total() for report in reports) == 600
        topics = list(patient_imports.topics())
        assert (topics.count("patients.patient.registered"), topics.count("practice.import.started")) == (600, 1)
        assert patient_imports.log.load(DataImport, reports[0].import_id).made_count == 600

    def test_refuses_erased_patients(self, patient_imports: PatientImports) -> None:
        patient_imports.import_rows(people(2))
        erased = patient_imports.patient("Family1")
        erased.erase(patient_imports.container.clock.now())
        patient_imports.log.record(erased, by=by_test())
        patient_imports.container.keys.erase(patient_imports.log.tenant_id, erased.id)

        assert counts(patient_imports.import_rows(people(2), file="again")) == (0, 1, 0, 1)
        assert patient_imports.reported() == [(2, "refused", "patient_erased", "")]

    def test_that_stops_half_way_is_running_until_it_is_run_again(self, patient_imports: PatientImports) -> None:
        rows = people(600)

        class StoppedError(Exception):
            pass

        def stop(_: int) -> None:
            raise StoppedError

        digest = b"8" * 32
        with pytest.raises(StoppedError):
            import_patients(patient_imports.run("jane", digest), read(rows), stop)
        patient_imports.catch_up()
        [half], _ = patient_imports.container.imports().page(patient_imports.log.tenant_id)
        report = import_patients(patient_imports.run("jane", digest), read(rows), lambda _: None)

        assert half.status == "running"
        assert (report.tally.made.total(), report.tally.made_before) == (350, 250)
        assert patient_imports.log.load(DataImport, report.import_id).made_count == 600


class TestMatching:
    @pytest.mark.parametrize("shared", ["Birth Date", "Email", "Mobile Phone"])
    def test_who_has_the_same_name_and_shares_one_thing_is_the_same_person(
        self, patient_imports: PatientImports, shared: str
    ) -> None:
        read_row, other = person(1), person(2, First_Name="GIVEN1", Last_Name=" family1", Birth_Date="") | {}
        other |= {shared: read_row[shared].upper()}

        report = patient_imports.import_rows([read_row, other])

        assert counts(report) == (1, 0, 1, 0)
        found, *others = patient_imports.findings
        assert (found.line, found.outcome, found.reason) == (3, RowOutcome.MATCHED, "same_person")
        assert {each.column for each in others} == {"email", "phone"} - {shared.lower().removeprefix("mobile ")}
        assert found.patient_id == patient_imports.listed()["Family1"]

    def test_somebody_whom_people_registered_is_found_too(self, patient_imports: PatientImports) -> None:
        details = PatientDetails(given_name="Dana", family_name="Müller", email="dana@example.org")
        known = Patient.register(id=UUID(int=5), details=details, at=patient_imports.container.clock.now())
        patient_imports.log.record(known, by=by_test())

        report = patient_imports.import_rows(
            [person(1, First_Name="DANA", Last_Name="Muller", Email="Dana@Example.org")]
        )

        assert counts(report) == (0, 0, 1, 0)
        assert (patient_imports.findings[0].patient_id, patient_imports.log.load(Patient, known.id).version) == (
            known.id,
            1,
        )

    def test_a_father_and_a_son_of_one_name_and_number_are_two(self, patient_imports: PatientImports) -> None:
        son = person(2, First_Name="Given1", Last_Name="Family1", Mobile_Phone=person(1)["Mobile Phone"])

        assert counts(patient_imports.import_rows([person(1), son])) == (2, 0, 0, 0)
        assert [reason for _, _, reason, _ in patient_imports.reported()] == ["perhaps_the_same_person"]

    def test_who_shares_something_under_another_name_is_told_of_and_never_merged(
        self, patient_imports: PatientImports
    ) -> None:
        report = patient_imports.import_rows([person(1), person(2, Email="P1@example.org")])

        assert counts(report) == (2, 0, 0, 0)
        [found] = patient_imports.findings
        assert (found.line, found.outcome, found.reason) == (3, RowOutcome.REGISTERED, "perhaps_the_same_person")
        assert found.patient_id == patient_imports.listed()["Family1"]

    def test_a_row_that_comes_twice_is_one_person_and_one_id_of_two_names_is_refused(
        self, patient_imports: PatientImports
    ) -> None:
        report = patient_imports.import_rows([person(1), person(1), person(1, First_Name="Other")])

        assert counts(report) == (1, 0, 1, 1)
        assert patient_imports.reported() == [
            (3, "matched", "repeated_in_the_file", ""),
            (4, "refused", "id_of_another_person", ""),
        ]

    def test_who_has_no_id_in_the_file_is_known_by_what_the_row_says(self, patient_imports: PatientImports) -> None:
        visits = [
            {"First Name": "איה", "Last Name": "אהרון", "Phone": "058 033 5100", "Email": "", "Start Time": time}
            for time in ("03/30/2025 02:30 AM", "03/31/2025 02:30 AM")
        ]
        how = load_format("acuity", phone_region="IL")

        first, second = patient_imports.import_rows(visits, how), patient_imports.import_rows(visits, how)

        assert (counts(first), counts(second)) == ((1, 0, 1, 0), (0, 1, 1, 0))
        assert patient_imports.patient("אהרון").details.phone == "+972580335100"


def test_an_import_that_cannot_reach_the_log_says_so(patient_imports: PatientImports) -> None:
    class Away:
        def known(self, tenant_id: UUID, stream_ids: Any) -> Any:
            raise UnavailableError("away")

        def origins(self, tenant_id: UUID, patient_ids: Any) -> Any:
            raise UnavailableError("away")

        def made_by(self, tenant_id: UUID, import_id: UUID) -> Any:
            raise UnavailableError("away")

        def changed_since(self, tenant_id: UUID, import_id: UUID, patient_ids: Any) -> Any:
            raise UnavailableError("away")

    ports = replace(patient_imports.ports(), streams=Away())
    run = ImportRun(ports, patient_imports.log.tenant_id, ImportKind.PATIENTS, "jane", b"9" * 32)

    with pytest.raises(UnavailableError):
        import_patients(run, read(people(3)), lambda _: None)


class TestContactDetails:
    def test_that_a_known_patient_does_not_have_are_reported(self, patient_imports: PatientImports) -> None:
        patient_imports.import_rows([person(1), person(2)])

        patient_imports.import_rows(
            [
                person(1, Email="new@example.org"),
                person(2, Patient_Number="77", Mobile_Phone="030 7654321"),
                person(3),
                person(3, Mobile_Phone="030 7654321"),
            ]
        )

        assert patient_imports.reported() == [
            (2, "matched", "other_contact_details", "email"),
            (3, "matched", "same_person", ""),
            (3, "matched", "other_contact_details", "phone"),
            (5, "matched", "repeated_in_the_file", ""),
            (5, "matched", "other_contact_details", "phone"),
        ]


class TestSpellings:
    def test_of_a_name_are_one_person_who_is_not_registered_twice(self, patient_imports: PatientImports) -> None:
        rows = [
            person(1, Patient_Number="", First_Name="Zofia", Last_Name="Żółć"),
            person(1, Patient_Number="", First_Name="Zofia", Last_Name="Zolc"),
            person(2, Patient_Number="", First_Name="Jürgen", Last_Name="Strauß"),
            person(2, Patient_Number="", First_Name="Juergen", Last_Name="Strauss"),
        ]

        report = patient_imports.import_rows(rows)

        assert counts(report) == (2, 0, 2, 0)
        assert [found.reason for found in patient_imports.findings] == ["same_person", "same_person"]


class TestNationalNumbers:
    def test_without_an_area_code_become_notes(self) -> None:
        [row] = read([person(1, Mobile_Phone="555-0123")], region="US")

        assert isinstance(row, PersonRow)
        assert (row.details.phone, row.notes) == (None, "Mobile Phone: 555-0123")
        assert row.kept_as_notes == ("Mobile Phone",)

    @pytest.mark.parametrize(("column", "value"), [("zone", "Asia/Jerusalem"), ("locale", "he-IL"), ("locale", "he")])
    def test_are_of_the_country_of_the_patient(self, column: str, value: str) -> None:
        row = read_row(person(1, Mobile_Phone="050-123-4567", Own=value), load_format(**{column: "{Own}"}))

        assert row.details.phone == "+972501234567"
