"""`scheduler import appointments --format` and its undo, also killed at any point.

The replayed lists are those of ``samples``, or of the folder that SCHEDULER_TEST_MIGRATION names.
"""

import csv
import json
import os
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api.cli.practices import named_encoding, open_practice
from tests.application.importing.patients.patient_file import Row, csv_of, people, person
from tests.application.importing.visits.visit_file import acuity, visit
from tests.support.scheduler_command import SchedulerCommand

MANY = 1_500
FILES = Path(os.environ.get("SCHEDULER_TEST_MIGRATION") or Path(__file__).with_name("samples"))
"""A folder of other programs' lists, with what is expected of them."""


@pytest.fixture(scope="module")
def practice(scheduler: SchedulerCommand) -> str:
    """A practice that these tests share; each brings patients, clinicians and times of its own."""
    return open_practice(scheduler)


def import_patients(scheduler: SchedulerCommand, practice: str, folder: Path, rows: Sequence[Row], *how: str) -> None:
    file = folder / "clients.csv"
    file.write_bytes(csv_of(rows))
    report = ("--report", folder / "clients.report.csv")
    scheduler.json("import", "patients", file, "--practice", practice, *(how or ("--format", "jane")), *report)


def import_file(scheduler: SchedulerCommand, practice: str, file: Path, *more: str | Path) -> Any:
    report = ("--report", file.with_suffix(".refusals.csv"))
    return scheduler.json("import", "appointments", file, "--practice", practice, *report, *more)


def row_of(number: int, start: str, **other: str) -> Row:
    """Return a row of Jane's about ``person(number)``."""
    who = {"Patient_First_Name": f"Given{number}", "Patient_Last_Name": f"Family{number}"}
    return visit(start, Patient_Number=str(number), **who, **other)


class TestImportAppointments:
    def test_from_a_dry_run_to_an_undo_and_back(
        self, scheduler: SchedulerCommand, practice: str, tmp_path: Path
    ) -> None:
        import_patients(scheduler, practice, tmp_path, [person(1, First_Name="ירדן"), person(2)])
        file = tmp_path / "visits.csv"
        rows = [
            visit(
                "2025-01-07 10:00",
                Status="Arrived",
                Patient_Number="1",
                Patient_First_Name="ירדן",
                Patient_Last_Name="Family1",
                Notes='Bring MRI; "left" knee, see note',
            ),
            row_of(2, "2025-01-07 10:20", Status="Arrived"),
            row_of(2, "2025-03-30 02:30"),
            row_of(2, "2025-10-26 02:30"),
            row_of(3, "2025-01-08 10:00", Shoe_Size="43"),
        ]
        file.write_bytes(csv_of(rows))
        jane = ("--format", "jane")

        refused = scheduler.run("import", "appointments", file, *jane, "--practice", practice, expect=1)
        warned = scheduler.run("import", "appointments", file, *jane, "--practice", practice, "--dry-run", expect=1)
        tried = import_file(scheduler, practice, file, *jane, "--create-missing", "--dry-run")
        done = import_file(scheduler, practice, file, *jane, "--create-missing")
        again = import_file(scheduler, practice, file, *jane)

        assert "5 rows name the clinician 'Maya'" in refused.stderr
        assert "not_in_practice" in refused.stderr
        assert (warned.stdout, warned.stderr.splitlines()[-1]) == ("", refused.stderr.splitlines()[-1])
        assert {**tried, "dry_run": False} == done
        assert (done["rows"], done["booked"], done["results"], done["beside_others"]) == (5, 2, {"completed": 2}, [3])
        assert done["columns_not_understood"] == {"Shoe Size": 1}
        assert (again["booked"], again["already_there"], again["missing"]) == (0, 2, [])
        with (tmp_path / "visits.refusals.csv").open(encoding="utf-8") as read_csv:
            assert [cells[:-1] for cells in csv.reader(read_csv)] == [
                ["row", "appointment", "reason", "column"],
                ["4", "", "nonexistent_local_time", "Appointment Start Date & Time"],
                ["5", "", "ambiguous_local_time", "Appointment Start Date & Time"],
                ["6", "", "unknown_patient", ""],
            ]
        undone = scheduler.json("import", "undo", done["import_id"])
        nothing = scheduler.run("import", "undo", done["import_id"]).stdout
        assert (undone["withdrawn"], undone["kept"]) == (2, [])
        assert "Nothing of this import is left to undo." in nothing
        [listed] = [
            one for one in scheduler.json("import", "list", "--practice", practice) if one["id"] == done["import_id"]
        ]
        assert (listed["kind"], listed["status"], listed["made"]) == ("appointments", "undone", 2)
        assert import_file(scheduler, practice, file, *jane)["booked"] == 2

    def test_reads_a_changed_copy_in_another_encoding(
        self, scheduler: SchedulerCommand, practice: str, tmp_path: Path
    ) -> None:
        import_patients(scheduler, practice, tmp_path, [person(9, First_Name="נועה", Last_Name="כהן; לוי")])
        file, copy = tmp_path / "acuity.csv", tmp_path / "mine.toml"
        rows = [
            acuity("03/30/2025 02:30 AM", First_Name="נועה", Last_Name="כהן; לוי"),
            acuity("03/31/2025 02:30 PM", First_Name="נועה", Last_Name="כהן; לוי", Calendar="J?rg"),
        ]
        file.write_bytes(csv_of(rows, "cp1255", ";"))
        known = scheduler.run("import", "formats", "acuity", "--of", "appointments").stdout
        renamed = known.replace("[clinicians]", '[clinicians]\n"J?rg" = "Jörg Weiß"').replace(
            "clinician =", 'location = "Ost"\nclinician ='
        )
        copy.write_text(renamed, "utf-8")

        done = import_file(scheduler, practice, file, "--mapping", copy, "--create-missing", "--encoding", "cp1255")

        assert (done["booked"], done["reasons"]) == (1, {"nonexistent_local_time": 1})
        assert "Jörg Weiß" in {one["name"] for one in done["missing"]}

    def test_refuses_wrong_options(self, scheduler: SchedulerCommand, tmp_path: Path) -> None:
        file, own = tmp_path / "visits.csv", Path("examples/no-shows.toml").resolve()
        file.write_bytes(csv_of([visit()]))

        def refused(*arguments: str | Path) -> str:
            return scheduler.run("import", "appointments", file, *arguments, expect=2).stderr.splitlines()[-1]

        assert "either --format or --mapping" in refused()
        assert "either --format or --mapping" in refused("--format", "jane", "--mapping", own)
        assert "practices of its own" in refused("--mapping", own, "--create-missing")
        assert "there is no format 'janet'" in refused("--format", "janet")

    def test_lists_the_formats(self, scheduler: SchedulerCommand) -> None:
        assert scheduler.json("import", "formats", "--of", "appointments").keys() == {"acuity", "jane"}


def test_killed_at_any_point_books_and_takes_back_each_visit_once(scheduler: SchedulerCommand, tmp_path: Path) -> None:
    practice, file = open_practice(scheduler), tmp_path / "visits.csv"
    import_patients(scheduler, practice, tmp_path, people(20))
    first = datetime(2025, 4, 1, 8, tzinfo=UTC)
    rows = [
        row_of(number % 20 + 1, f"{first + timedelta(minutes=40 * number):%Y-%m-%d %H:%M}", Status="Arrived")
        for number in range(MANY)
    ]
    file.write_bytes(csv_of(rows))
    arguments: list[str | Path] = [
        "import", "appointments", file, "--format", "jane", "--practice", practice, "--create-missing",
        "--report", tmp_path / "refusals.csv",
    ]  # fmt: skip
    enough = random.Random(practice).randrange(1, MANY - 800)

    def has_enough_events(event: str) -> Callable[[Any], bool]:
        """Tell whether enough of such events are recorded."""
        asked = "select count(*), count(distinct stream_id) from log.event where tenant_id = %s and event_type = %s"
        return lambda connection: bool(min(connection.execute(asked, (practice, event)).fetchone()) >= enough)

    scheduler.kill_when(has_enough_events("scheduling.appointment.booked"), *arguments, log=tmp_path / "killed.log")
    resumed = json.loads(scheduler.run(*arguments, "--json").stdout)

    assert (resumed["booked"] + resumed["already_there"], resumed["already_there"] >= enough) == (MANY, True)
    undo: list[str | Path] = ["import", "undo", resumed["import_id"]]
    scheduler.kill_when(has_enough_events("scheduling.appointment.withdrawn"), *undo, log=tmp_path / "undo.log")
    undone = scheduler.json(*undo)

    assert (undone["withdrawn"] + undone["withdrawn_before"], undone["withdrawn_before"] >= enough) == (MANY, True)
    with scheduler.superuser() as connection:
        events = connection.execute(
            "select event_type, count(*), count(distinct stream_id) from log.event where tenant_id = %s"
            " and event_type ~ 'appointment.(booked|completed|withdrawn)$' group by 1 order by 1",
            (practice,),
        ).fetchall()
        claims = connection.execute("select count(*) from log.time_claim where tenant_id = %s", (practice,)).fetchone()
    assert [(count, streams) for _, count, streams in events] == [(MANY, MANY)] * 3
    assert claims == (0,)
    assert scheduler.json("verify")["broken"] == []


def test_replays_the_files_of_other_programs(scheduler: SchedulerCommand, tmp_path: Path) -> None:
    expected = json.loads((FILES / "made" / "expected.json").read_text("utf-8"))
    gaps = {
        "nonexistent_local_time": expected["nonexistent_local_time_rows"],
        "ambiguous_local_time": expected["ambiguous_local_time_rows"],
    }
    reports = [("--report", tmp_path / "patients.csv"), ("--report", tmp_path / "visits.csv")]

    def replay(practice: str, what: str, name: str, *how: str | Path) -> Any:
        file, report = FILES / "made" / name, reports[what == "appointments"]
        return scheduler.json("import", what, file, "--practice", practice, *named_encoding(file), *how, *report)

    ours = open_practice(scheduler)
    replay(ours, "patients", "jane-layout-patients.csv", "--format", "jane")
    jane = replay(ours, "appointments", "jane-layout-appointments.csv", "--format", "jane", "--create-missing")
    again = replay(ours, "appointments", "jane-layout-appointments.csv", "--format", "jane")

    assert (jane["rows"], jane["reasons"], jane["columns_not_understood"]) == (expected["appointments"], gaps, {})
    assert jane["booked"] == again["already_there"] == expected["appointments"] - sum(gaps.values())
    refused = {"completed": "Arrived", "cancelled": "Cancelled", "no_show": "No Show", "booked": "Booked"}
    assert {theirs: expected["by_status"][theirs] - jane["results"][status] for status, theirs in refused.items()} == {
        "Arrived": 1, "Cancelled": 1, "No Show": 0, "Booked": 0,
    }  # fmt: skip

    theirs, copy = open_practice(scheduler), tmp_path / "mine.toml"
    known = scheduler.run("import", "formats", "acuity", "--of", "appointments").stdout
    copy.write_text(known.replace("clinician =", 'location = "Mitte"\nclinician ='), "utf-8")
    replay(theirs, "patients", "acuity-like-appointments.csv", "--format", "acuity")
    acuity_visits = replay(
        theirs, "appointments", "acuity-like-appointments.csv", "--mapping", copy, "--create-missing"
    )

    assert acuity_visits["rows"] == expected["acuity_rows"] == acuity_visits["booked"] + 1
    assert acuity_visits["reasons"] == {"nonexistent_local_time": 1}
    for report in (jane, acuity_visits):
        undone = scheduler.json("import", "undo", report["import_id"])
        assert (undone["withdrawn"], undone["kept"]) == (report["booked"], [])
