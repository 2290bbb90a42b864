import csv
import gzip
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from api.cli.failures import UsageError
from api.cli.file_imports import load_program
from api.cli.report_file import report_path
from application.importing.errors import MappingError
from no_shows.identities import Identities
from tests.application.scheduling.calendars.icalendar_file import ics
from tests.examples.no_shows_file import HEADER, MAPPING, cells, many
from tests.support.scheduler_command import SchedulerCommand

ROWS = 1_500


def write(path: Path, rows: Iterable[list[str]]) -> Path:
    open_practice = gzip.open if path.suffix == ".gz" else open
    with open_practice(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def mapping(folder: Path, source: str) -> Path:
    """Return the example's mapping with another source, beside a copy of its loader."""
    path = folder / f"{source}.toml"
    (folder / "no_shows").symlink_to(MAPPING.parent / "no_shows")
    path.write_text(MAPPING.read_text("utf-8").replace('"no-shows"', f'"{source}"'), "utf-8")
    return path


class TestImport:
    def test_reads_a_gzipped_file_tells_what_it_refused_and_may_be_run_again(
        self, scheduler: SchedulerCommand, tmp_path: Path
    ) -> None:
        rows = [
            cells(1),
            cells(2, outcome="Yes"),
            cells(3, age="-1"),
            cells(4, on_date="2016-05-01"),
            cells(5, outcome="?"),
        ]
        inputs = tmp_path / "inputs"
        inputs.mkdir()
        file = write(inputs / "visits.csv.gz", rows)
        arguments = ("import", "appointments", file, "--mapping", mapping(inputs, "gzipped"))

        first = scheduler.json(*arguments, folder=tmp_path)
        second = scheduler.json(*arguments, folder=tmp_path)

        assert first | {"practices": {}} == {
            "dry_run": False,
            "booked": 2,
            "results": {"completed": 1, "no_show": 1},
            "already_there": 0,
            "refused": 3,
            "reasons": {"out_of_range": 1, "unknown_outcome": 1, "no_free_time": 1},
            "refusals": str(tmp_path / "visits.refusals.csv"),
            "practices": {},
        }
        assert (second["booked"], second["already_there"], second["refused"]) == (0, 2, 3)
        refusals = tmp_path / "visits.refusals.csv"
        assert refusals.stat().st_mode & 0o777 == 0o600
        assert {path.name for path in inputs.iterdir()} == {"gzipped.toml", "no_shows", "visits.csv.gz"}
        with refusals.open(encoding="utf-8") as read_csv:
            assert [cells[:-1] for cells in csv.reader(read_csv)] == [
                ["row", "appointment", "reason", "column"],
                ["4", "3", "out_of_range", "Age"],
                ["5", "4", "no_free_time", "AppointmentDay"],
                ["6", "5", "unknown_outcome", "No-show"],
            ]

    def test_tries_without_recording(self, scheduler: SchedulerCommand, tmp_path: Path) -> None:
        file = write(tmp_path / "visits.csv", many(50, seed=1))

        arguments = ("import", "appointments", file, "--mapping", mapping(tmp_path, "tried"), "--dry-run")
        tried = scheduler.run(*arguments, folder=tmp_path)

        assert "50 would be booked" in tried.stdout
        with scheduler.superuser() as connection:
            assert connection.execute("select from log.event where actor = 'import:tried'").fetchone() is None
        assert not (tmp_path / "visits.refusals.csv").exists()

    def test_refuses_a_file_or_a_mapping_that_it_cannot_read(self, scheduler: SchedulerCommand, tmp_path: Path) -> None:
        load_format = mapping(tmp_path, "unreadable")
        other = tmp_path / "other.csv"
        other.write_text("a,b\n1,2\n")
        cut = tmp_path / "cut.csv.gz"
        cut.write_bytes(write(tmp_path / "whole.csv.gz", many(200, seed=2)).read_bytes()[:900])
        latin = tmp_path / "latin.csv"
        latin.write_bytes(b"\xe9," + ",".join(HEADER).encode() + b"\n")
        (tmp_path / "broken.toml").write_text("source = ")

        def refused(file: Path, by: Path) -> str:
            return scheduler.run("import", "appointments", file, "--mapping", by, expect=2).stderr.splitlines()[-1]

        assert "the file has no column Age, AppointmentDay" in refused(other, load_format)
        assert "ends too soon" in refused(cut, load_format)
        assert "are not text in utf-8" in refused(latin, load_format)
        assert "not TOML" in refused(other, tmp_path / "broken.toml")

    def test_writes_refusals_to_the_working_folder_or_to_the_given_path(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "taken.refusals.csv").mkdir()

        assert report_path(None, Path("/data/free.csv.gz"), "refusals") == tmp_path / "free.refusals.csv"
        assert report_path(tmp_path / "mine.csv", Path("/data/free.csv.gz"), "refusals") == tmp_path / "mine.csv"
        with pytest.raises(UsageError, match="--report"):
            report_path(None, Path("/data/taken.csv.gz"), "refusals")

    @pytest.mark.parametrize("loader", ["no_shows", "../no_shows", "json", "/no_shows"])
    def test_loads_only_a_package_beside_the_mapping(self, tmp_path: Path, loader: str) -> None:
        with pytest.raises(MappingError, match="beside"):
            load_program(tmp_path / "mine.toml", loader)

    @pytest.mark.parametrize("where", ["nowhere/refusals.csv", ".", "visits.csv/refusals.csv"])
    def test_books_nothing_where_it_could_not_write_what_it_refuses(
        self, scheduler: SchedulerCommand, tmp_path: Path, where: str
    ) -> None:
        file = write(tmp_path / "visits.csv", [cells(1), cells(2, age="-1")])
        arguments = ("import", "appointments", file, "--mapping", mapping(tmp_path, "nowhere"))

        refused = scheduler.run(*arguments, "--report", tmp_path / where, expect=2)

        assert (
            refused.stderr
            == f"scheduler: nothing can be written to {tmp_path / where}; name another file with --report\n"
        )


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_point_goes_on_where_it_was(scheduler: SchedulerCommand, tmp_path: Path, seed: int) -> None:
    source = f"killed-{seed}"
    file = write(tmp_path / "visits.csv", many(ROWS, seed))
    report = ("--report", tmp_path / "refusals.csv")
    arguments = ("import", "appointments", file, "--mapping", mapping(tmp_path, source), *report)
    enough = random.Random(seed).randrange(1, ROWS - 300)

    def practice_with_appointments(connection: "psycopg.Connection[tuple[Any, ...]]") -> tuple[Any, ...]:
        asked = (
            "select count(*), count(distinct stream_id) from log.event where actor = %s and event_type like '%%.booked'"
        )
        return connection.execute(asked, (f"import:{source}",)).fetchone() or ()

    scheduler.kill_when(
        lambda connection: practice_with_appointments(connection)[0] >= enough, *arguments, log=tmp_path / "killed.log"
    )
    with scheduler.superuser() as connection:
        before, _ = practice_with_appointments(connection)
        resumed = json.loads(scheduler.run(*arguments, "--json").stdout)
        after = practice_with_appointments(connection)

    assert enough <= before < ROWS
    assert resumed["already_there"] >= before
    assert resumed["booked"] + resumed["already_there"] == ROWS
    assert after == (ROWS, ROWS)
    assert scheduler.json("verify")["broken"] == []


class TestBusyTime:
    def test_is_imported_once_and_never_from_a_file_that_is_too_large(
        self, scheduler: SchedulerCommand, tmp_path: Path
    ) -> None:
        practice_with_appointments = scheduler.json(
            "import", "appointments", write(tmp_path / "one.csv", [cells(1)]), "--mapping", mapping(tmp_path, "busy")
        )
        clinician = Identities.clinician(UUID(next(iter(practice_with_appointments["practices"].values()))), 1)
        file, large = tmp_path / "private.ics", tmp_path / "large.ics"
        file.write_bytes(ics("DTSTART:20200106T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"))
        with large.open("wb") as sparse:
            sparse.truncate(100_000_000)
        arguments = ("import", "busy-time", file, "--clinician", str(clinician))

        tried = scheduler.json(*arguments, "--dry-run")
        first, second = scheduler.json(*arguments), scheduler.json(*arguments)

        assert 100 < tried["added"] == first["added"] == second["unchanged"] < 110
        assert (second["added"], second["moved"], second["removed"]) == (0, 0, 0)
        refused = scheduler.run("import", "busy-time", large, "--clinician", str(clinician), expect=2)
        assert "at most 2 MiB" in refused.stderr
