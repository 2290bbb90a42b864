"""Files imported over HTTP: the report of the command line, bounds, and the undo."""

import csv
import gzip
import io
from pathlib import Path
from uuid import UUID

import httpx2
import pytest

from api.importing import file_routes
from api.importing.file_routes import MAX_ROWS
from api.importing.imported_files import MAX_UNPACKED, MAX_UPLOADED
from tests.api.importing.import_requests import imported, upload
from tests.api.practice_client import Json, PracticeClient
from tests.application.importing.patients.patient_file import csv_of, people, person
from tests.application.importing.visits.visit_file import visit
from tests.support.workbook import write_workbook


def refusal_of(answer: httpx2.Response) -> tuple[int, str, str]:
    """Return status, code and message."""
    problem = answer.json()
    detail = problem["errors"][0] if "errors" in problem else problem["detail"]
    return answer.status_code, problem["code"], str(detail)


def head_of(studio: PracticeClient) -> int:
    return studio.server.container.logs.of(UUID(studio.practice_id)).reader.position()


class TestPatients:
    def test_are_registered_and_the_answer_reports_each_row_that_needs_a_look(self, studio: PracticeClient) -> None:
        rows = [person(1), person(2, First_Name="", Last_Name=""), person(3, Birth_Date="31/31/1990", City="Haifa")]

        result = imported(studio, csv_of(rows))

        assert {name: result[name] for name in ("rows", "registered", "already_there", "matched", "refused", "dry_run")} == {
            "rows": 3, "registered": 2, "already_there": 0, "matched": 0, "refused": 1, "dry_run": False,
        }  # fmt: skip
        assert result["read_as"] == "text in utf-8, separated by ,"
        assert [(one["row"], one["outcome"], one["reason"], one["column"]) for one in result["findings"]] == [
            (3, "refused", "empty", "First Name"),
            (4, "registered", "kept_as_note", "Birth Date"),
        ]
        assert result["findings"][0]["explanation"] == "a value that is needed is missing"
        found = studio.client.get("/v1/patients", params={"search": "Family1", "after": result["position"]}).json()
        assert [one["email"] for one in found["patients"]] == ["p1@example.org"]

    def test_are_an_import_of_the_key_that_can_be_undone(self, studio: PracticeClient) -> None:
        result = imported(studio, csv_of(people(3)))

        shown = studio.client.get(f"/v1/imports/{result['import_id']}").json()
        undone = studio.client.post(f"/v1/imports/{result['import_id']}/undo").json()
        again = imported(studio, csv_of(people(3)))

        assert (shown["status"], shown["made_count"], shown["source"]) == ("finished", 3, "jane")
        assert shown["started_by"].startswith("key:")
        assert (undone["status"], undone["withdrawn_count"]) == ("undone", 3)
        assert (again["import_id"], again["registered"]) == (result["import_id"], 3)

    def test_of_the_same_file_are_there_already(self, studio: PracticeClient) -> None:
        first, head = imported(studio, csv_of(people(3))), head_of(studio)

        again = imported(studio, csv_of(people(3)))

        assert (first["registered"], again["registered"], again["already_there"]) == (3, 0, 3)
        assert (again["import_id"], head_of(studio)) == (first["import_id"], head)

    def test_who_were_registered_a_moment_ago_are_matched(self, studio: PracticeClient) -> None:
        """The list of patients may be behind the log; the import waits for it."""
        for number in range(1, 6):
            details = {
                "given_name": f"Given{number}",
                "family_name": f"Family{number}",
                "email": f"p{number}@example.org",
            }
            studio.create("/v1/patients", **details)
            assert imported(studio, csv_of([person(number)]), dry_run=True)["matched"] == 1

    def test_are_planned_only_in_a_dry_run(self, studio: PracticeClient) -> None:
        rows, head = [person(1), person(2, First_Name="", Last_Name="")], head_of(studio)

        dry = imported(studio, csv_of(rows), dry_run=True)
        head_after = head_of(studio)
        run = imported(studio, csv_of(rows))

        assert head_after == head
        changed = {"dry_run", "position"}
        assert {k: v for k, v in dry.items() if k not in changed} == {k: v for k, v in run.items() if k not in changed}

    def test_come_from_an_own_layout_with_a_mapping(self, studio: PracticeClient) -> None:
        mapping = {"source": "list", "given_name": "{Vorname}", "family_name": "{Name}", "dates": "dmy"}

        result = imported(studio, "Vorname;Name\nZoë;Groß\n".encode("cp1252"), mapping=mapping)

        assert (result["registered"], result["read_as"]) == (1, "text in cp1252, separated by ;")


class TestFile:
    def test_is_read_in_the_encoding_that_is_named(self, studio: PracticeClient) -> None:
        content = csv_of([person(1, Last_Name="כהן")], "cp1255")

        unknown = upload(studio, content)
        result = imported(studio, content, encoding="cp1255")

        assert refusal_of(unknown)[:2] == (422, "unreadable_file")
        assert "encoding" in refusal_of(unknown)[2]
        assert (result["registered"], result["read_as"]) == (1, "text in cp1255, separated by ,")
        found = studio.client.get("/v1/patients", params={"search": "כהן", "after": result["position"]}).json()
        assert len(found["patients"]) == 1

    def test_may_be_gzipped_or_a_workbook(self, studio: PracticeClient, tmp_path: Path) -> None:
        sheet = [["First Name", "Last Name"], ["Dana", "Cohen"]]
        workbook = write_workbook(tmp_path / "a.xlsx", {"A": sheet, "B": sheet}).read_bytes()

        assert imported(studio, gzip.compress(csv_of(people(2))), dry_run=True)["registered"] == 2
        assert imported(studio, workbook, sheet="B", dry_run=True)["read_as"] == "a workbook, sheet B"
        assert refusal_of(upload(studio, workbook))[:2] == (422, "unreadable_file")

    @pytest.mark.parametrize(
        ("content", "more", "code", "words"),
        [
            (b"", {}, "unreadable_file", "empty"),
            (b"Vorname,Name\nA,B\n", {}, "mapping", "no columns for names"),
            (b"First Name\n\"A", {}, "mapping", "no columns for names"),
            (b"PK\x03\x04 nothing", {}, "unreadable_file", "workbook"),
            (b"\x1f\x8b nothing", {}, "unreadable_file", "damaged"),
            (b"a", {"encoding": "klingon"}, "invalid_value", "encoding"),
            (b"a", {"format": "klingon"}, "invalid_value", "jane"),
            (b"a", {"format": None}, "invalid_value", "send a mapping, or a format"),
            (b"a", {"format": "jane", "mapping": {"source": "x"}}, "invalid_value", "send a mapping, or a format"),
            (b"a", {"mapping": {"source": "x", "loader": "os"}}, "mapping", "loader"),
            (b"a", {"file": "%%%"}, "invalid_value", "base64"),
            (b"a", {"file": "é"}, "invalid_value", "base64"),
        ],
    )  # fmt: skip
    def test_that_cannot_be_read_changes_nothing(
        self, studio: PracticeClient, content: bytes, more: Json, code: str, words: str
    ) -> None:
        head = head_of(studio)

        answer = upload(studio, content, **more)

        status, answered, message = refusal_of(answer)
        assert (status, answered) == (422, code), answer.text
        assert words in message
        assert head_of(studio) == head

    def test_is_bounded(self, studio: PracticeClient) -> None:
        head = head_of(studio)
        too_many = gzip.compress(csv_of(people(MAX_ROWS + 1)))
        bomb = gzip.compress(bytes(MAX_UNPACKED + 1))
        large = upload(studio, bytes(MAX_UPLOADED + 1))

        assert refusal_of(upload(studio, too_many))[:2] == (422, "too_many_rows")
        assert refusal_of(upload(studio, bomb))[:2] == (422, "unreadable_file")
        assert refusal_of(large)[:2] == (422, "invalid_value")
        assert refusal_of(upload(studio, bytes(3 << 20)))[:2] == (413, "content_too_large")
        assert head_of(studio) == head

    def test_of_the_most_octets_is_taken(self, studio: PracticeClient, monkeypatch: pytest.MonkeyPatch) -> None:
        content = csv_of(people(20))
        monkeypatch.setattr(file_routes, "MAX_UPLOADED", len(content))

        assert imported(studio, content, dry_run=True)["registered"] == 20
        assert upload(studio, content + b"\n").status_code == 422


class TestCsv:
    def test_has_the_findings_for_a_spreadsheet(self, studio: PracticeClient) -> None:
        rows = [person(1, First_Name="", Last_Name=""), person(2)]

        answer = upload(studio, csv_of(rows), headers={"Accept": "text/csv"})
        json = upload(studio, csv_of(rows), headers={"Accept": "application/json, text/csv"})

        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert list(csv.reader(io.StringIO(answer.text))) == [
            ["row", "outcome", "reason", "column", "patient_id", "explanation"],
            ["2", "refused", "empty", "First Name", "", "a value that is needed is missing"],
        ]
        assert json.json()["already_there"] == 1


class TestAppointments:
    def test_are_booked_with_their_outcomes(self, studio: PracticeClient) -> None:
        imported(studio, csv_of([person(1, First_Name="Dana", Last_Name="Levi")]))
        rows = [visit("2026-06-02 10:00"), visit("2026-06-02 12:00", Patient_Last_Name="Nobody")]

        dry = imported(studio, csv_of(rows), "appointments", create_missing=True, dry_run=True)
        result = imported(studio, csv_of(rows), "appointments", create_missing=True)

        assert (dry["booked"], {one["kind"] for one in dry["missing"]}) == (1, {"clinician", "service"})
        assert (result["booked"], result["results"], result["refused"]) == (1, {"booked": 1}, 1)
        assert [(one["row"], one["reason"]) for one in result["findings"]] == [(3, "unknown_patient")]
        listed = studio.client.get("/v1/appointments", params={"after": result["position"]}).json()["appointments"]
        assert [(one["starts_at"], one["origin"]) for one in listed] == [("2026-06-02T08:00:00Z", "import")]
        assert studio.client.post(f"/v1/imports/{result['import_id']}/undo").json()["withdrawn_count"] == 1

    def test_are_refused_while_the_practice_lacks_something(self, studio: PracticeClient) -> None:
        head = head_of(studio)

        for dry_run in (True, False):
            answer = upload(studio, csv_of([visit(), visit("2026-06-02 10:00")]), "appointments", dry_run=dry_run)

            assert refusal_of(answer)[:2] == (409, "not_in_practice")
            assert answer.json()["missing"] == [
                {"kind": "clinician", "count": 1, "rows": 2},
                {"kind": "service", "count": 1, "rows": 2},
            ]
            assert "Maya" not in answer.text
        assert head_of(studio) == head

    def test_refusals_come_as_csv_too(self, studio: PracticeClient) -> None:
        answer = upload(
            studio, csv_of([visit()]), "appointments", create_missing=True, dry_run=True, headers={"Accept": "text/csv"}
        )

        assert [line[2] for line in csv.reader(io.StringIO(answer.text))] == ["reason", "unknown_patient"]


class TestRights:
    @pytest.mark.parametrize("role", ["front_desk", "clinician", "biller", "auditor", "analyst"])
    def test_are_those_of_owners_and_admins(self, studio: PracticeClient, role: str) -> None:
        client = studio.client_with_role(role)
        admin = studio.client_with_role("admin")

        refused = [upload(studio, csv_of(people(1)), kind, client=client) for kind in ("patients", "appointments")]

        assert {refusal_of(answer)[:2] for answer in refused} == {(403, "not_permitted")}
        assert upload(studio, csv_of(people(1)), client=admin, dry_run=True).status_code == 200
