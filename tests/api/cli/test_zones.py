"""TZ6: new time zone rules, adopted by command and by `scheduler serve`."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.app import create_app
from api.bootstrap.container import open_container
from api.bootstrap.settings import Settings
from api.http.metrics import Metrics
from tests.api.api_server import ApiServer, LogRecorder, served_app
from tests.api.http.documented_responses import DocumentedResponses
from tests.api.scheduling.zone_change_practice import NOW, SEEN, releases, zone_change_practice
from tests.support.container import SettableClock
from tests.support.paths import ROOT
from tests.support.scheduler_command import SchedulerCommand
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until

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

ADOPTED_SAID = "Visits keep their local times under new time zone rules"


@pytest.fixture
def practice_with_appointments(tmp_path: Path) -> tuple[SchedulerCommand, str]:
    """A practice in Asunción with 40 visits booked under release 2024a, and its id."""
    clock = SettableClock(SEEN)
    with open_container(Settings.model_validate({"data": tmp_path / "data"}), clock=clock) as container:
        container.scheduling.zone_sightings.note(releases().oldest)
        app = create_app(container, metrics := Metrics())
        with served_app(app) as url:
            server = ApiServer(url, app, container, clock, LogRecorder(), DocumentedResponses(app), metrics)
            with zone_change_practice(server) as asuncion:
                for day in DAYS:
                    for hour in range(13, 18):
                        asuncion.book_appointment(f"{day}T{hour}:00:00Z")
            for client in server.clients:
                client.close()
    own = SchedulerCommand(tmp_path / "data", SCHEDULER_PORT="0", SCHEDULER_NOW=NOW.isoformat())
    return own, asuncion.practice_id


class TestAdoption:
    def test_moves_by_itself_while_it_is_served(
        self, practice_with_appointments: tuple[SchedulerCommand, str], tmp_path: Path
    ) -> None:
        own, practice_id = practice_with_appointments
        process = own.start("serve", output=tmp_path / "output")
        try:
            wait_until(lambda: "Ctrl-C" in (tmp_path / "output").read_text(), "it is served")
            wait_until(lambda: ADOPTED_SAID in own.run("history", practice_id).stdout, "the rules were adopted")
            left = own.json("zones", "--dry-run")
        finally:
            process.interrupt()
            process.wait(TIMEOUT_SECONDS)
        own.stop_database()

        assert left == []

    def test_moves_by_command_what_it_has_shown_before_and_goes_on_where_it_was_killed(
        self, practice_with_appointments: tuple[SchedulerCommand, str]
    ) -> None:
        own, practice_id = practice_with_appointments
        [tried] = own.json("zones", "--dry-run")
        with own.superuser() as database:

            def moved() -> tuple[int, ...]:
                return database.execute(MOVED).fetchone() or (0, 0)

            before = moved()
            process = subprocess.Popen([sys.executable, "-c", ONE_BY_ONE], env=own.environment, cwd=ROOT)
            wait_until(lambda: moved()[0] >= 3, "some visits were moved")
            process.kill()
            process.wait()
            own.run("zones")

            assert (before, moved()) == ((0, 0), (40, 40))
            assert database.execute(ADOPTED).fetchone() == (1,)
        again = own.run("zones")
        own.stop_database()

        assert tried["practice_id"] == practice_id
        assert [one["to"][:13] for one in tried["moved"]] == [f"{day}T{hour}" for day in DAYS for hour in range(12, 17)]
        assert "All coming visits have their local times" in again.stdout
