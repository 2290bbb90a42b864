"""TZ6, as the program itself does it: after it came with new rules, by command and when it is served."""

import subprocess
import sys
from pathlib import Path
from signal import SIGINT

import pytest

from api.app import create_app
from api.bootstrap.container import open_container
from api.bootstrap.settings import Settings
from tests.api.http.described import Described
from tests.api.scheduling.asuncion import NOW, SEEN, practice, releases
from tests.api.serving import Lines, Program, serving
from tests.cli.scheduler import ROOT, Scheduler
from tests.support.container import Clock
from tests.support.wait_until import TIMEOUT_SECONDS, until

ONE_BY_ONE = """
import sys
from application.scheduling.zone_changes import adopt_zone_rules as keep_wall_times
from api.cli.main import main

keep_wall_times._BATCH = 1
sys.argv = ["scheduler", "zones"]
main()
"""
DAYS = [f"2025-04-{day:02}" for day in (1, 2, 3, 4, 7, 8, 9, 10)]
MOVED = (
    "select count(*), count(distinct stream_id) from log.event where event_type = 'scheduling.appointment.rescheduled'"
)
ADOPTED = "select count(*) from log.event where event_type = 'practice.practice.zone_rules_adopted'"

ADOPTED_SAID = "Visits keep their times on the wall by new rules of their time zones"


@pytest.fixture
def booked(tmp_path: Path) -> tuple[Scheduler, str]:
    """A practice in Asunción with 40 visits of release 2024a, when the program has just come with the newest; and its id."""
    clock = Clock(SEEN)
    with open_container(Settings.model_validate({"data": tmp_path / "data"}), clock=clock) as container:
        container.scheduling.zone_sightings.note(releases().oldest)
        app = create_app(container)
        with serving(app) as url:
            program = Program(url, app, container, clock, Lines(), Described(app))
            with practice(program) as asuncion:
                for day in DAYS:
                    for hour in range(13, 18):
                        asuncion.booked(f"{day}T{hour}:00:00Z")
            for client in program.clients:
                client.close()
    own = Scheduler(tmp_path / "data", SCHEDULER_PORT="0", SCHEDULER_NOW=NOW.isoformat())
    return own, asuncion.practice_id


class TestTheProgram:
    def test_moves_by_itself_while_it_is_served(self, booked: tuple[Scheduler, str], tmp_path: Path) -> None:
        own, practice_id = booked
        process = own.start("serve", output=tmp_path / "output")
        try:
            until(lambda: "Ctrl-C" in (tmp_path / "output").read_text(), "it is served")
            until(lambda: ADOPTED_SAID in own.run("history", practice_id).stdout, "the rules were adopted")
            left = own.json("zones", "--dry-run")
        finally:
            process.send_signal(SIGINT)
            process.wait(TIMEOUT_SECONDS)
        own.end()

        assert left == []

    def test_moves_by_command_what_it_has_shown_before_and_goes_on_where_it_was_killed(
        self, booked: tuple[Scheduler, str]
    ) -> None:
        own, practice_id = booked
        [tried] = own.json("zones", "--dry-run")
        with own.superuser() as database:

            def moved() -> tuple[int, ...]:
                return database.execute(MOVED).fetchone() or (0, 0)

            before = moved()
            process = subprocess.Popen([sys.executable, "-c", ONE_BY_ONE], env=own.environment, cwd=ROOT)
            until(lambda: moved()[0] >= 3, "some visits were moved")
            process.kill()
            process.wait()
            own.run("zones")

            assert (before, moved()) == ((0, 0), (40, 40))
            assert database.execute(ADOPTED).fetchone() == (1,)
        again = own.run("zones")
        own.end()

        assert tried["practice_id"] == practice_id
        assert [one["to"][:13] for one in tried["moved"]] == [f"{day}T{hour}" for day in DAYS for hour in range(12, 17)]
        assert "lies where it was meant to" in again.stdout
