"""`scheduler import patients`, `import list` and `import undo`, also killed at any point.

The replayed lists are those of ``samples``, or of the folder that SCHEDULER_TEST_MIGRATION names.
"""

import csv
import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.api.cli.practices import named_encoding, open_practice
from tests.application.importing.patients.patient_file import Row, csv_of, people, person
from tests.support.paths import DOCS
from tests.support.scheduler_command import SchedulerCommand
from tests.support.workbook import Cell, write_workbook

MANY = 2_000
FILES = Path(os.environ.get("SCHEDULER_TEST_MIGRATION") or Path(__file__).with_name("samples"))
"""A folder of other programs' lists, with what is expected of them."""


@pytest.fixture(scope="module")
def practice(scheduler: SchedulerCommand) -> str:
    """A practice that these tests share: each test uses its own patient names and import ids."""
    return open_practice(scheduler)


def import_of(scheduler: SchedulerCommand, practice: str, import_id: str) -> Any:
    [one] = [one for one in scheduler.json("import", "list", "--practice", practice) if one["id"] == import_id]
    return one


def import_file(scheduler: SchedulerCommand, practice: str, file: Path, *more: str | Path) -> Any:
    report = ("--report", file.with_name(f"{file.name.removesuffix('.csv')}.report.csv"))
    return scheduler.json("import", "patients", file, "--practice", practice, *report, *more)


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


class TestImportPatients:
    def test_from_a_dry_run_to_an_undo_and_back(
        self, scheduler: SchedulerCommand, practice: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "clients.csv"
        rows = [
            person(1),
            person(2, Mobile_Phone="none", Shoe_Size="43"),
            person(3, First_Name="", Last_Name=""),
            person(1),
        ]
        file.write_bytes(csv_of(rows))

        tried = import_file(scheduler, practice, file, "--format", "jane", "--dry-run")
        done = import_file(scheduler, practice, file, "--format", "jane")

        assert (tried["dry_run"], tried["registered"]) == (True, 2)
        assert {**tried, "dry_run": False} == done
        assert (done["rows"], done["registered"], done["matched"], done["refused"]) == (4, 2, 1, 1)
        assert done["columns_not_understood"] == {"Shoe Size": 1}
        assert (tmp_path / "clients.report.csv").stat().st_mode & 0o777 == 0o600
        header, *reported = read_csv(tmp_path / "clients.report.csv")
        assert header == ["row", "outcome", "reason", "column", "patient_id", "explanation"]
        assert [line[:4] for line in reported] == [
            ["3", "registered", "kept_as_note", "Mobile Phone"],
            ["4", "refused", "empty", "First Name"],
            ["5", "matched", "repeated_in_the_file", ""],
        ]
        listed = import_of(scheduler, practice, done["import_id"])
        assert (listed["status"], listed["made"], listed["rows"]) == ("finished", 2, 4)

        undone = scheduler.json("import", "undo", done["import_id"])
        again = scheduler.run("import", "undo", done["import_id"]).stdout

        assert (undone["withdrawn"], undone["kept"]) == (2, [])
        assert "Nothing of this import is left to undo." in again
        assert import_file(scheduler, practice, file, "--format", "jane")["registered"] == 2

    def test_finds_out_how_a_file_is_encoded_and_separated(
        self, scheduler: SchedulerCommand, practice: str, tmp_path: Path
    ) -> None:
        row: Row = {
            "First Name": "ירדן",
            "Last Name": "כהן; לוי",
            "Phone": "+972 53 024 2272",
            "Email": "y@example.org",
        }
        file = tmp_path / "clients.csv"
        how = ("--format", "acuity")

        file.write_bytes(csv_of([row], "cp1255", ";"))
        refused = scheduler.run("import", "patients", file, "--practice", practice, *how, expect=2, folder=tmp_path)
        done = import_file(scheduler, practice, file, *how, "--encoding", "cp1255")

        # The practice is a German one, and these are letters of no language of it.
        assert "the encoding of clients.csv is uncertain" in refused.stderr
        assert "--encoding" in refused.stderr
        assert (done["registered"], done["read_as"]) == (1, "text in cp1255, separated by ;")
        file.write_bytes(csv_of([row]))
        # Ids follow from names, so the name of the first run was the same.
        assert import_file(scheduler, practice, file, *how)["already_there"] == 1

    def test_leaves_out_the_rows_that_are_not_in_the_encoding_of_the_file(
        self, scheduler: SchedulerCommand, practice: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "clients.csv"
        rows = [person(number, Last_Name=f"Schröder{number}") for number in range(501, 505)]
        file.write_bytes(csv_of(rows).replace("Schröder502".encode(), b"Schr\xf6der502"))

        done = import_file(scheduler, practice, file, "--format", "jane")

        assert (done["read_as"], done["registered"]) == ("text in utf-8, separated by ,", 3)
        assert read_csv(tmp_path / "clients.report.csv")[1:] == [
            ["3", "refused", "not_decoded", "Last Name", "", "letters could not be read in the encoding of the file"]
        ]

    def test_reads_a_workbook(self, scheduler: SchedulerCommand, practice: str, tmp_path: Path) -> None:
        born = datetime(1990, 12, 31, tzinfo=UTC)
        columns: list[Cell] = ["First Name", "Last Name", "Birth Date", "Email"]
        row: list[Cell] = ["Dana", "Żółć-Workbook", born, "workbook@example.org"]
        file = write_workbook(tmp_path / "clients.xlsx", {"Clients": [columns, row]})

        done = import_file(scheduler, practice, file, "--format", "jane")

        assert (done["read_as"], done["registered"], done["reasons"]) == ("a workbook, sheet Clients", 1, {})
        command = ("import", "patients", file, "--format", "jane", "--practice", practice)
        wrong = scheduler.run(*command, "--encoding", "utf-8", expect=2, folder=tmp_path)
        assert "leave out the encoding (--encoding)" in wrong.stderr

    def test_reads_by_a_changed_copy_of_a_format(
        self, scheduler: SchedulerCommand, practice: str, tmp_path: Path
    ) -> None:
        copy, file = tmp_path / "mine.toml", tmp_path / "clients.csv"
        jane = scheduler.run("import", "formats", "jane").stdout
        copy.write_text(jane.replace('"{Last Name}"', '"{Nachname}"').replace('"{Email}"', '"{=cmd|x}"'))
        file.write_bytes(csv_of([{"First Name": "Dana", "Nachname": "Groß", "=cmd|x": "no address"}]))

        assert import_file(scheduler, practice, file, "--mapping", copy)["registered"] == 1
        # What a spreadsheet would take for a formula is written as text.
        assert read_csv(tmp_path / "clients.report.csv")[1][3] == "'=cmd|x"

    def test_reads_the_file_that_excel_saves_in_german_by_the_mapping_of_the_guide(
        self, scheduler: SchedulerCommand, practice: str, tmp_path: Path
    ) -> None:
        guide = (DOCS / "how-to" / "import-patients.md").read_text("utf-8")
        mapping, file = tmp_path / "mine.toml", tmp_path / "kunden.csv"
        mapping.write_text(guide.split("```toml\n")[1].split("```")[0], "utf-8")
        file.write_bytes(
            "Vorname;Nachname;E-Mail;Mobil;Geburtsdatum;Kasse;;\r\n"
            "Jürgen;Größl;j@example.org;0170 1234567;31.12.1990;AOK;;\r\n"
            "Käthe;Weiß;;;01.02.1985;;;\r\n"
            "Jürgen;Größl;neu@example.org;0170 1234567;31.12.1990;AOK;;\r\n".encode("cp1252")
        )

        printed = scheduler.run(
            "import", "patients", file, "--mapping", mapping, "--practice", practice, "--dry-run", folder=tmp_path
        )
        done = import_file(scheduler, practice, file, "--mapping", mapping)

        assert "Read as text in cp1252, separated by ;" in printed.stdout
        assert "1 to look at: the patient was there already (row 4)" in printed.stdout
        assert "the patient is known with another phone or e-mail, which was kept (row 4)" in printed.stdout
        assert "The report is in" in printed.stdout
        assert (done["registered"], done["columns_not_understood"]) == (2, {"Kasse": 2})
        assert done["reasons"] == {"same_person": 1, "other_contact_details": 1}
        # One of several columns of a setting is enough.
        assert done["columns_missing"] == []

    def test_names_the_columns_that_the_file_lacks(
        self, scheduler: SchedulerCommand, practice: str, tmp_path: Path
    ) -> None:
        mapping, file = tmp_path / "mine.toml", tmp_path / "clients.csv"
        mapping.write_text(
            'source = "mine"\ngiven_name = "{First}"\nfamily_name = "{Last}"\nemail = ["{Mail}", "{E-Mail}"]\n', "utf-8"
        )
        file.write_text("First,Last,Email\nDana,Lacking,d@example.org\n")
        arguments = ("import", "patients", file, "--mapping", mapping, "--practice", practice, "--dry-run")

        printed = scheduler.run(*arguments, folder=tmp_path).stdout

        assert "The file lacks columns that the format names: Mail, E-Mail" in printed
        assert "1 rows have a value in the column 'Email', which is not understood" in printed

    def test_reads_a_file_without_a_header(self, scheduler: SchedulerCommand, practice: str, tmp_path: Path) -> None:
        file = tmp_path / "TRANSFER.OUT"
        import_patients = [f"M{n}|Ms|Transferred{n}|Given{n}||||0{n}/02/1990|||||||||||" for n in (1, 2)]
        file.write_text("".join(f"{line}|A\r\n" for line in [*import_patients, import_patients[0]]))

        done = import_file(scheduler, practice, file, "--format", "medicaldirector")

        assert (done["rows"], done["registered"], done["matched"]) == (3, 2, 1)
        assert read_csv(tmp_path / "TRANSFER.OUT.report.csv")[1][:3] == ["3", "matched", "repeated_in_the_file"]

    def test_tells_what_is_wrong_with_a_file_or_a_format(
        self, scheduler: SchedulerCommand, practice: str, tmp_path: Path
    ) -> None:
        file, torn, broken = tmp_path / "a.csv", tmp_path / "torn.csv", tmp_path / "broken.toml"
        file.write_text("a,b\n1,2\n")
        torn.write_bytes(b"First Name,Last Name\n\x81,\x8d\n")
        broken.write_text("source = ")

        def refused(*arguments: str | Path) -> str:
            run = scheduler.run("import", "patients", *arguments, "--practice", practice, expect=2, folder=tmp_path)
            return run.stderr.splitlines()[-1]

        assert "no columns for names" in refused(file, "--format", "jane")
        assert "the encoding of torn.csv is uncertain" in refused(torn, "--format", "jane")
        assert "there is no format 'janet'" in refused(file, "--format", "janet")
        assert "not TOML" in refused(file, "--mapping", broken)
        assert not (tmp_path / "a.report.csv").exists()
        nowhere = tmp_path / "nowhere" / "report.csv"
        assert f"nothing can be written to {nowhere}" in refused(file, "--format", "jane", "--report", nowhere)

    def test_lists_the_formats(self, scheduler: SchedulerCommand) -> None:
        assert {"acuity", "jane", "openemr", "simplepractice"} <= scheduler.json("import", "formats").keys()


def test_killed_at_any_point_imports_and_undoes_everybody_once(scheduler: SchedulerCommand, tmp_path: Path) -> None:
    practice, file = open_practice(scheduler), tmp_path / "clients.csv"
    file.write_bytes(csv_of(people(MANY)))
    arguments: list[str | Path] = [
        "import", "patients", file, "--format", "jane", "--practice", practice, "--report", tmp_path / "report.csv",
    ]  # fmt: skip
    enough = random.Random(practice).randrange(1, MANY - 800)

    def has_enough_events(event: str) -> Callable[[Any], bool]:
        """Tell whether enough of such events are recorded."""
        asked = "select count(*), count(distinct stream_id) from log.event where tenant_id = %s and event_type = %s"
        return lambda connection: bool(min(connection.execute(asked, (practice, event)).fetchone()) >= enough)

    scheduler.kill_when(has_enough_events("patients.patient.registered"), *arguments, log=tmp_path / "killed.log")
    [half] = scheduler.json("import", "list", "--practice", practice)
    resumed = json.loads(scheduler.run(*arguments, "--json").stdout)

    assert half["status"] == "running"
    assert (resumed["registered"] + resumed["already_there"], resumed["already_there"] >= enough) == (MANY, True)
    undo: list[str | Path] = ["import", "undo", resumed["import_id"]]
    scheduler.kill_when(has_enough_events("patients.patient.withdrawn"), *undo, log=tmp_path / "undo.log")
    undone = scheduler.json(*undo)

    assert (undone["withdrawn"] + undone["withdrawn_before"], undone["withdrawn_before"] >= enough) == (MANY, True)
    with scheduler.superuser() as connection:
        events = connection.execute(
            "select event_type, count(*), count(distinct stream_id) from log.event where tenant_id = %s"
            " and event_type like 'patients.patient.%%' group by 1 order by 1",
            (practice,),
        ).fetchall()
    assert events == [("patients.patient.registered", MANY, MANY), ("patients.patient.withdrawn", MANY, MANY)]
    assert scheduler.json("verify")["broken"] == []


def test_replays_the_files_of_other_programs(scheduler: SchedulerCommand, tmp_path: Path) -> None:
    practice = open_practice(scheduler)
    expected = json.loads((FILES / "made" / "expected.json").read_text("utf-8"))

    def replay(name: str, how: str, into: str) -> Any:
        options: tuple[str | Path, ...] = (*named_encoding(FILES / name), "--report", tmp_path / f"{how}.csv")
        return import_file(scheduler, into, FILES / name, "--format", how, *options)

    jane = replay("made/jane-layout-patients.csv", "jane", practice)
    acuity = replay("made/acuity-like-appointments.csv", "acuity", practice)
    openemr = replay("openemr-demo-patients.csv", "openemr", practice)

    assert jane["rows"] == expected["patients_rows"]
    # The counts that come with the files leave out a person who has one name only.
    one_name = jane["reasons"]["one_name_only"]
    assert jane["registered"] + jane["matched"] == expected["importable"] + one_name, jane["reasons"]
    assert jane["registered"] == expected["distinct_persons"] + one_name
    assert (acuity["rows"], acuity["refused"]) == (expected["acuity_rows"], 0)
    assert openemr["rows"] == openemr["registered"] == expected.get("openemr_rows", 14)
    for report in (jane, acuity, openemr):
        undone = scheduler.json("import", "undo", report["import_id"])
        assert (undone["withdrawn"], undone["kept"]) == (report["registered"], [])
