import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from api.cli.main import app
from event_store.keys.master_key import KeyFile
from tests.support.scheduler_command import SchedulerCommand

Demos = tuple[SchedulerCommand, list[dict[str, str]], list[int]]
"""A data folder, the output of two runs of `scheduler demo`, and the event count after each."""

UNKNOWN = "01990000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def practice(scheduler: SchedulerCommand) -> dict[str, str]:
    created: dict[str, str] = scheduler.json(
        "practice",
        "create",
        "--name",
        "מרפאת לוי",
        "--zone",
        "Asia/Jerusalem",
        "--currency",
        "ILS",
        "--locale",
        "he-IL",
    )
    return created


@pytest.fixture(scope="module")
def two_demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demos]:
    own = SchedulerCommand(tmp_path_factory.mktemp("demo") / "data", SCHEDULER_NOW="2026-06-03T09:00:00+02:00")
    keys, events = [], []
    for _ in range(2):
        keys.append(own.json("demo"))
        with own.superuser() as connection:
            row = connection.execute("select count(*) from log.event").fetchone()
        assert row is not None
        events.append(row[0])
    yield own, keys, events
    own.stop_database()


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    group = group or get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


class TestEveryCommand:
    def test_says_what_it_does_and_gives_an_example(self) -> None:
        found = dict(commands())

        assert {" ".join(path) for path in found} == {
            "serve", "api", "project", "work", "demo", "practice create", "practice list", "apikey create", "apikey list",
            "apikey revoke", "patient erase", "import appointments", "import busy-time", "import patients", "import formats", "import list",
            "import undo", "history", "status", "rebuild", "verify", "zones",
            "db migrate", "db psql", "db stop", "webhooks list", "webhooks deliveries", "webhooks replay",
            "jobs list", "jobs retry", "jobs cancel",
        }  # fmt: skip
        for path, command in found.items():
            assert command.help, path
            assert command.epilog.startswith("Example: "), path
            assert f"scheduler {' '.join(path)}" in command.epilog, path

    def test_starts_without_what_it_does_not_need(self, scheduler: SchedulerCommand) -> None:
        assert isinstance(app, typer.Typer)
        helped = scheduler.run("--help")

        assert "Patient & Studio Scheduler" in helped.stdout
        assert not (scheduler.data / "never").exists()


class TestPractice:
    def test_is_opened_with_a_key_that_a_program_can_read(
        self, scheduler: SchedulerCommand, practice: dict[str, str]
    ) -> None:
        listed = scheduler.json("practice", "list")

        assert re.fullmatch(r"sk_[\w-]{43}", practice["api_key"])
        assert {
            "practice_id": practice["practice_id"],
            "name": "מרפאת לוי",
            "zone": "Asia/Jerusalem",
            "currency": "ILS",
        } in listed

    def test_is_refused_in_one_line_that_names_the_setting(self, scheduler: SchedulerCommand) -> None:
        refused = scheduler.run(
            "practice", "create", "--name", "x", "--zone", "Mars/Olympus", "--currency", "EUR", expect=2
        )  # fmt: skip

        assert refused.stderr == "scheduler: zone: a zone is an IANA name such as Europe/Berlin\n"

    def test_must_be_named_where_there_are_several(self, scheduler: SchedulerCommand, practice: dict[str, str]) -> None:
        scheduler.run("practice", "create", "--name", "Zweite", "--zone", "Europe/Berlin", "--currency", "EUR")

        refused = scheduler.run("apikey", "list", expect=2)

        assert "--practice" in refused.stderr
        assert "no such practice" in scheduler.run("apikey", "list", "--practice", UNKNOWN, expect=2).stderr


class TestApiKey:
    def test_is_issued_listed_and_revoked(self, scheduler: SchedulerCommand, practice: dict[str, str]) -> None:
        in_practice = ("--practice", practice["practice_id"])

        issued = scheduler.json("apikey", "create", "--role", "front_desk", "--label", "Empfang", *in_practice)
        before = {key["key_id"]: key for key in scheduler.json("apikey", "list", *in_practice)}
        scheduler.run("apikey", "revoke", issued["key_id"])
        after = {key["key_id"]: key for key in scheduler.json("apikey", "list", *in_practice)}

        assert {key["label"]: key["role"] for key in before.values()} == {"owner": "owner", "Empfang": "front_desk"}
        assert before[issued["key_id"]]["revoked_at"] is None
        assert after[issued["key_id"]]["revoked_at"] is not None
        assert issued["api_key"] not in json.dumps([before, after])

    def test_that_does_not_exist_is_not_revoked(self, scheduler: SchedulerCommand) -> None:
        assert "no such id" in scheduler.run("apikey", "revoke", UNKNOWN, expect=1).stderr


class TestStatusAndRebuild:
    def test_tell_programs_how_read_models_are(self, scheduler: SchedulerCommand, practice: dict[str, str]) -> None:
        views = [view for view in scheduler.json("status")["views"] if view["practice_id"] == practice["practice_id"]]

        assert {view["view"] for view in views} == {
            "calendar",
            "patients",
            "history",
            "access",
            "waitlist",
            "imports",
            "webhooks",
            "policies",
        }
        assert all(view["error"] is None for view in views)

    def test_name_practices_whole_and_tell_only_what_is_behind(self, tmp_path: Path) -> None:
        own = SchedulerCommand(tmp_path / "data", COLUMNS="60")
        [ill, well] = [
            own.json("practice", "create", "--name", name, "--zone", "UTC", "--currency", "EUR")["practice_id"]
            for name in ("Ill", "Well")
        ]
        behind = "update projection.cursor set position = %s, error = %s, failed_position = %s where tenant_id = %s and projector = any(%s)"
        with own.superuser() as connection:
            connection.execute(behind, (1, "GapError", 2, ill, ["history", "calendar"]))
            connection.execute(behind, (0, None, None, ill, ["patients"]))

        text = own.run("status", expect=1).stdout
        every = own.run("status", "--all", expect=1).stdout
        own.stop_database()

        assert text.splitlines() == [
            "Practices: 2, events: 4",
            f"practice {ill}: calendar, history: 1 of 2 events behind, stopped at position 2 (GapError)",
            f"practice {ill}: patients: 2 of 2 events behind",
        ]
        assert (
            f"practice {well}: calendar, patients, history, access, waitlist, imports, webhooks, policies: up to date"
            in every
        )

    def test_make_read_models_anew(self, scheduler: SchedulerCommand, practice: dict[str, str]) -> None:
        rebuilt = scheduler.json("rebuild", "access", "history")

        assert rebuilt["incomplete"] == []
        assert rebuilt["events"] > 0
        assert "calendar" in scheduler.run("rebuild", "nothing", expect=2).stderr


class TestDatabase:
    def test_is_brought_up_to_date_twice(self, scheduler: SchedulerCommand) -> None:
        assert scheduler.run("db", "migrate").stdout == scheduler.run("db", "migrate").stdout

    def test_opens_a_shell(self, scheduler: SchedulerCommand, practice: dict[str, str]) -> None:
        heads = scheduler.run("db", "psql", "--", "-Atc", "select count(*) > 0 from log.tenant_head")

        assert heads.stdout.strip() == "t"
        assert scheduler.run("db", "psql", "--", "-c", "select nonsense", expect=1).stderr.startswith("ERROR")

    def test_away_is_said_without_addresses(self, tmp_path: Path) -> None:
        away = SchedulerCommand(tmp_path / "data", DATABASE_URL="postgresql://anna:secret@127.0.0.1:1/x")

        refused = away.run("status", expect=3)

        assert refused.stderr.startswith("scheduler: the database or the key database cannot be reached")
        assert "anna" not in refused.stderr
        assert "secret" not in refused.stderr

    def test_with_another_master_key_is_said(self, tmp_path: Path) -> None:
        own = SchedulerCommand(tmp_path / "data")
        own.run("db", "migrate")
        KeyFile(tmp_path / "other.key")

        other = SchedulerCommand(tmp_path / "data", SCHEDULER_MASTER_KEY_FILE=str(tmp_path / "other.key"))
        refused = other.run("status", expect=3)

        assert refused.stderr.startswith(f"scheduler: the master key in {tmp_path / 'other.key'} is not the one")
        own.stop_database()

    def test_that_cannot_be_placed_where_it_is_told_to_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("a file")

        refused = SchedulerCommand(tmp_path / "data").run("status", expect=3)

        assert refused.stderr == f"scheduler: {tmp_path / 'data' / 'secrets'}: Not a directory\n"

    def test_stops_and_comes_back_with_the_next_command(self, tmp_path: Path) -> None:
        own = SchedulerCommand(tmp_path / "data")
        own.run("db", "migrate")

        own.run("db", "stop")

        assert own.run("db", "stop").returncode == 0
        assert not (own.data / "cluster" / "postmaster.pid").exists()
        assert own.json("practice", "list") == []
        own.stop_database()


class TestDemo:
    def test_twice_is_one_practice_with_one_key(self, two_demos: Demos) -> None:
        own, keys, events = two_demos

        assert keys[0] == keys[1]
        assert events[0] == events[1] > 40
        assert stat.S_IMODE((own.data / "secrets" / "demo.json").stat().st_mode) == 0o600

    def test_tells_the_history_as_of_an_instant(self, two_demos: Demos) -> None:
        own, keys, _ = two_demos
        practice = keys[0]["practice_id"]

        whole = own.run("history", practice, "--json").stdout
        then = own.run("history", practice, "--as-of", "2026-06-03T07:00:00Z", "--json").stdout
        before = own.run("history", practice, "--as-of", "2026-06-03T06:59:59Z", "--json")
        refused = own.run("history", practice, "--as-of", "yesterday", expect=2)
        unknown = own.run("history", practice, "--as-of", "2026-06-03T07:00:01Z", expect=2)

        assert whole == then != ""
        assert (before.stdout, before.stderr) == ("", "No event had been recorded by then.\n")
        assert refused.stderr.startswith("scheduler: --as-of: a time is written like")
        assert unknown.stderr.startswith("scheduler: --as-of: this is in the future; it is 2026-06-03T07:00:00Z")

    def test_tells_the_history_of_a_patient_until_they_are_erased(self, two_demos: Demos) -> None:
        own, _, _ = two_demos
        with own.superuser() as connection:
            [patient] = connection.execute(
                "select stream_id from log.event where event_type = 'patients.patient.registered' order by position offset 1 limit 1"
            ).fetchone() or [None]

        before = own.run("history", str(patient)).stdout
        unasked = own.run("patient", "erase", str(patient), stdin="n\n", expect=1)
        erased = own.json("patient", "erase", str(patient), "--yes")
        after = [json.loads(line) for line in own.run("history", str(patient), "--json").stdout.splitlines()]

        assert "שרה" in before
        assert "שרה" in unasked.stderr
        assert f"{erased['visits']} visits, {erased['coming_visits']} of them to come." in unasked.stderr
        assert "undone" in unasked.stderr
        assert (erased["erased"], erased["merged_ids"]) == (True, [])
        assert (after[0]["personal"], after[0]["erased"]) == (None, True)
        assert after[-1]["event_type"] == "patients.patient.erased"
        assert "שרה" not in json.dumps(after, ensure_ascii=False)

    def test_names_a_person_whose_key_is_missing(self, two_demos: Demos) -> None:
        own, keys, _ = two_demos
        with own.keys_superuser() as connection:
            row = connection.execute(
                "select subject_id, wrapped from keys.person_key where wrapped is not null"
            ).fetchone()
            assert row is not None
            connection.execute("update keys.person_key set wrapped = null where subject_id = %s", (row[0],))

        status, text = own.json("status", expect=1), own.run("status", expect=1).stdout
        with own.keys_superuser() as connection:
            connection.execute("update keys.person_key set wrapped = %s where subject_id = %s", (row[1], row[0]))

        assert status["damaged_persons"] == [
            {"practice_id": keys[0]["practice_id"], "person_id": str(row[0]), "fault": "key_unavailable"}
        ]
        assert f"the personal data of {row[0]} cannot be read: key_unavailable" in text

    def test_verifies_what_was_made_from_the_log(self, two_demos: Demos) -> None:
        own, keys, _ = two_demos
        practice = keys[0]["practice_id"]
        whole = own.json("verify", "--deep")
        with own.superuser() as connection:
            connection.execute(
                "delete from calendar.appointment where position = (select max(position) from calendar.appointment)"
            )
            connection.execute("delete from log.time_claim where ctid = (select ctid from log.time_claim limit 1)")

        differing = own.json("verify", "--deep", expect=1)
        text = own.run("verify", "--deep", expect=1).stdout

        assert whole["differences"] == []
        assert differing["broken"] == []
        assert differing["differences"] == [
            {"practice_id": practice, "table": "log.time_claim", "extra": 0, "missing": 1},
            {"practice_id": practice, "table": "calendar.appointment", "extra": 0, "missing": 1},
        ]
        assert "calendar.appointment has 0 rows that the log does not give, and lacks 1 that it gives" in text

    def test_verifies_and_names_a_practice_that_vanished(self, two_demos: Demos) -> None:
        own, _, _ = two_demos
        created = own.json("practice", "create", "--name", "Gone", "--zone", "Europe/Berlin", "--currency", "EUR")
        with own.superuser() as connection:
            for table in ("event", "tenant_head", "time_claim", "snapshot"):
                statement = f"delete from log.{table} where tenant_id = %s"
                connection.execute(statement.encode(), (created["practice_id"],))

        broken, status = own.json("verify", expect=1), own.json("status", expect=1)
        named = own.run("verify", "--practice", created["practice_id"], expect=1).stdout
        with own.superuser() as connection:
            connection.execute("delete from log.practice where tenant_id = %s", (created["practice_id"],))
        struck = own.json("verify", expect=1)
        with own.superuser() as connection:
            connection.execute("update log.practice_list set number = 1, hash = (select hash from log.practice)")

        assert broken["broken"] == [{"practice_id": created["practice_id"], "position": 0, "fault": "vanished"}]
        assert status["damaged_logs"] == [created["practice_id"]]
        assert "its log is gone" in named
        assert (struck["broken"], struck["broken_list_entry"]) == ([], 2)

    def test_verifies_and_names_the_first_row_that_was_altered(self, two_demos: Demos) -> None:
        own, keys, _ = two_demos
        whole = own.json("verify")
        with own.superuser() as connection:
            connection.execute("update log.event set actor = 'nobody' where position in (7, 9)")

        broken = own.json("verify", expect=1)

        assert whole == {"practices": 1, "broken": [], "broken_list_entry": None}
        assert broken["broken"] == [{"practice_id": keys[0]["practice_id"], "position": 7, "fault": "altered"}]
        assert "at position 7" in own.run("verify", expect=1).stdout
