"""No personal data is stored in clear, and none remains after an erasure.

SCHEDULER_CANARY_SEED repeats the canaries of an earlier run.
"""

import base64
import json
import os
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from typing import cast
from urllib.parse import quote
from uuid import UUID

import psycopg
import pytest

from domain.kernel.personal_data import ERASED
from event_store.embedded import SUPERUSER, EmbeddedServer
from event_store.keys.sealing import ErasedError, key_reference
from event_store.migrate import KEY_DATABASE, LOG_DATABASE
from tests.e2e.canaries import Canary, forms_of, sightings, sightings_in_folder
from tests.e2e.canary_scenario import CanaryScenario
from tests.e2e.scheduler_process import running_scheduler
from tests.support.container import open_container
from tests.support.wait_until import wait_until

SEED = int(os.environ.get("SCHEDULER_CANARY_SEED") or SystemRandom().randrange(10**9))
NOW = datetime(2026, 6, 1, 6, tzinfo=UTC)

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class CanaryRun:
    """A finished scenario; ``guard`` is a canary stored in clear, which the search must find."""

    scenario: CanaryScenario
    guard: Canary
    imported: dict[str, object]
    patient_import: dict[str, object]
    output: bytes
    dump: bytes
    folder: Path


@pytest.fixture(scope="module")
def canary_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CanaryRun]:
    chance = Random(SEED)
    canary, guard = Canary.draw(chance), Canary.draw(chance)
    folder, inbox = tmp_path_factory.mktemp("program"), tmp_path_factory.mktemp("inbox")
    with running_scheduler(folder, NOW) as program:
        scenario = CanaryScenario.start(program, canary, NOW)
        scenario.set_up_practice()
        scenario.use_patients()
        scenario.send_refused_requests()
        scenario.send_canaries_everywhere()
        scenario.cause_internal_errors()
        imported = scenario.import_a_file(inbox, folder / "refusals.csv")
        brought = scenario.import_patients(inbox, folder / "report.csv")
        last = scenario.write("POST", "/v1/locations", {"name": guard.reason, "zone": "Europe/Berlin"})["position"]
        for text in (canary.latin, canary.hebrew, canary.german, canary.email, canary.phone):
            wait_until(
                partial(_is_found, scenario, text, last), f"seed {SEED}: the search finds {text}", program.output_tail
            )
        practice, patient = str(scenario.practice_id), scenario.ids["patient_id"]
        erased = program.command("patient", "erase", patient, "--practice", practice, "--yes")
        wait_until(lambda: _is_erased(scenario), "the running program knows of the erasure", program.output_tail)
        with program.superuser() as connection:
            connection.execute("checkpoint")
            asked = connection.execute("select string_agg(query, ' ') from pg_stat_activity").fetchone()
        metrics = program.metrics()
        refusals = [answer.text + str(answer.headers) for answer in scenario.refusals]
        output = (
            "\n".join([erased, str(brought["output"]), str(asked), metrics, *refusals]).encode()
            + program.output.read_bytes()
        )
        yield CanaryRun(scenario, guard, imported, brought, output, _dump(program.data), folder)
        scenario.owner.close()


def _is_found(scenario: CanaryScenario, text: str, after: int) -> bool:
    """A view that is behind answers 503 after two seconds; the caller repeats the request."""
    return bool(scenario.owner.send("GET", f"/v1/patients?after={after}&search={quote(text)}").body.get("patients"))


def _is_erased(scenario: CanaryScenario) -> bool:
    return bool(scenario.owner.send("GET", f"/v1/patients/{scenario.ids['patient_id']}").body["given_name"] is None)


def _dump(data: Path) -> bytes:
    """Both databases as text, in which no value is compressed."""
    server = EmbeddedServer(data)
    address = server.address
    command: list[str | Path] = [server.binary("pg_dump"), "-h", address.host, "-p", str(address.port), "-U", SUPERUSER]
    environment = {"PGPASSWORD": server.superuser_password}
    return b"".join(
        subprocess.run([*command, "-d", name], env=environment, capture_output=True, check=True).stdout
        for name in (LOG_DATABASE, KEY_DATABASE)
    )


class TestStoredInClear:
    def test_nothing_personal_lies_in_the_data_folder(self, canary_run: CanaryRun) -> None:
        assert sightings_in_folder(canary_run.scenario.canary.needles(), canary_run.folder) == [], f"seed {SEED}"

    def test_nothing_personal_is_in_a_dump(self, canary_run: CanaryRun) -> None:
        assert sightings(canary_run.scenario.canary.needles(), canary_run.dump) == [], f"seed {SEED}"

    def test_nothing_personal_is_said_by_logs_refusals_metrics_or_running_queries(self, canary_run: CanaryRun) -> None:
        assert sightings(canary_run.scenario.canary.needles(), canary_run.output) == [], f"seed {SEED}"

    def test_what_lies_in_clear_is_found(self, canary_run: CanaryRun) -> None:
        needles = canary_run.guard.needles()

        places = {sighting.split(":")[0].split("/")[2] for sighting in sightings_in_folder(needles, canary_run.folder)}

        assert {"base", "pg_wal"} <= places
        assert {
            f"{stem} as UTF-8" for stem in (canary_run.guard.latin, canary_run.guard.hebrew, canary_run.guard.german)
        } <= set(sightings(needles, canary_run.dump))

    def test_every_route_that_writes_has_written_canaries(self, canary_run: CanaryRun) -> None:
        described = {
            (method.upper(), route)
            for route, operations in canary_run.scenario.description().items()
            for method in operations
            if method != "get"
        }

        assert described - canary_run.scenario.written == set()

    def test_refusals_of_every_kind_were_read(self, canary_run: CanaryRun) -> None:
        assert {answer.status for answer in canary_run.scenario.refusals} >= {401, 404, 409, 412, 422, 500}

    def test_the_import_kept_and_refused(self, canary_run: CanaryRun) -> None:
        assert (canary_run.imported["booked"], canary_run.imported["refused"]) == (3, 3)

    def test_the_import_of_patients_kept_and_refused_and_was_taken_back(self, canary_run: CanaryRun) -> None:
        brought = canary_run.patient_import

        assert (brought["rows"], brought["withdrawn"]) == (9, brought["registered"])
        assert {"kept_as_note", "empty"} <= set(cast("dict[str, int]", brought["reasons"]))


class TestSearch:
    @pytest.mark.parametrize("text", ["Qxzwvjk", "צסטזדףץ", "Äöüßqxj"])
    @pytest.mark.parametrize(
        "write",
        [
            lambda text: text.upper().encode(),
            lambda text: b"\0" * 100 + text.encode("utf-16-be"),
            lambda text: b"x" + base64.b64encode(b"{" + text.encode() + b"}"),
            lambda text: base64.urlsafe_b64encode(b"{}" + text.lower().encode()),
            lambda text: json.dumps({"name": text}).encode(),
            lambda text: quote(f"a {text}").encode(),
            lambda text: text.encode().hex().encode(),
            lambda text: unicodedata.normalize("NFD", text).encode(),
        ],
    )
    def test_knows_a_canary_however_it_is_written(self, text: str, write: Callable[[str], bytes]) -> None:
        needles = {form: name for name, form in forms_of(text)}

        assert sightings(needles, b"before" + write(text) + b"after") != []
        assert sightings(needles, b"before" + write("nothing of that") + b"after") == []


class TestErasedPatient:
    def test_nothing_is_told_of_them(self, canary_run: CanaryRun) -> None:
        owner, ids = canary_run.scenario.owner, canary_run.scenario.ids
        patient = owner.send("GET", f"/v1/patients/{ids['patient_id']}").body
        history = owner.send("GET", f"/v1/patients/{ids['patient_id']}/history").body["history"]
        visit = owner.send("GET", f"/v1/appointments/{ids['first_cancelled_id']}").body
        schedule = owner.send("GET", "/v1/calendar?from=2026-06-01&to=2026-06-08").body["appointments"]

        assert {name for name, value in patient.items() if value} == {"id", "version", "erased", "merged_ids"}
        assert len(history) > 5
        assert all(line["personal"] is None for line in history)
        assert (visit["notes"], visit["cancellation_reason"]) == (None, None)
        assert [e for e in schedule if e["patient_id"] == ids["patient_id"] and e["patient"] is not None] == []
        assert [e for e in schedule if e["patient_id"] == ids["other_patient_id"] and e["patient"] is not None] != []

    def test_the_search_does_not_find_them(self, canary_run: CanaryRun) -> None:
        owner, canary = canary_run.scenario.owner, canary_run.scenario.canary
        found = [
            patient["id"]
            for text in (canary.latin, canary.hebrew, canary.german, canary.email, canary.phone)
            for patient in owner.send("GET", f"/v1/patients?search={quote(text)}").body["patients"]
        ]

        assert canary_run.scenario.ids["patient_id"] not in found
        assert canary_run.scenario.ids["other_patient_id"] in found

    @pytest.mark.parametrize("which", ["patient_id", "merged_id"])
    def test_no_key_and_no_index_of_theirs_is_left(self, canary_run: CanaryRun, which: str) -> None:
        database, patient_id = canary_run.scenario.program.database, canary_run.scenario.ids[which]
        with psycopg.connect(database.keys_admin_conninfo()) as keys, canary_run.scenario.program.superuser() as log:
            wrapped = keys.execute(
                "select wrapped from keys.person_key where subject_id = %s", (patient_id,)
            ).fetchall()
            tokens = log.execute(
                "select token from patients.search_term where patient_id = %s", (patient_id,)
            ).fetchall()
            sealed = log.execute(
                "select sealed, contacts, remarks from patients.patient where patient_id = %s", (patient_id,)
            ).fetchall()

        assert (set(wrapped), tokens, sealed) == ({(None,)}, [], [(None, None, None)])

    def test_nothing_that_was_sealed_for_them_opens(self, canary_run: CanaryRun) -> None:
        """By a process that has never held their key, in the log and in snapshots."""
        patient_id, practice_id = UUID(canary_run.scenario.ids["patient_id"]), canary_run.scenario.practice_id
        with open_container(canary_run.scenario.program.database) as container, container.admin() as admin:
            events = [
                event
                for event in container.app_log.page(practice_id, 0, 10_000)
                if event.stream_id == patient_id or event.body.get("patient_id") == str(patient_id)
            ]
            opened = [event.personal() for event in events if event.sealed is not None]
            snapshots = admin.execute(
                "select sealed from log.snapshot where stream_id = any (%s) and sealed is not null",
                ([event.stream_id for event in events],),
            ).fetchall()
            for (sealed,) in snapshots:
                with pytest.raises(ErasedError):
                    container.keys.opening_key(practice_id, *key_reference(sealed))

        assert len(opened) >= 3
        assert all(part is ERASED for part in opened)
