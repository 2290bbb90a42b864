"""Patients whose data cannot be read do not take down the lists that they are in."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest

from tests.api.api_server import ApiServer, running_api_server
from tests.api.practice_client import Json, PracticeClient

SWAPPED = """
update keys.person_key k set wrapped = o.wrapped from keys.person_key o
where (k.subject_id, o.subject_id) in (('{0}', '{1}'), ('{1}', '{0}'))
"""
NULLED = "update keys.person_key set wrapped = null where subject_id = '{}'"
ERASED = "insert into keys.erasure_ledger (tenant_id, subject_id) values ('{}', '{}')"
"""The ledger of a practice whose log was restored from a backup of before the erasure."""


@dataclass(frozen=True)
class Damaged:
    """A practice: the keys of ``swapped`` were swapped, that of ``nulled`` is null.

    ``erased`` was erased after the backup from which the log was restored.
    """

    server: ApiServer
    client: httpx2.Client
    practice_id: str
    whole: str
    swapped: tuple[str, str]
    nulled: str
    erased: str
    visit: str

    def listed(self, **query: str) -> dict[str, Json]:
        answer = self.client.get("/v1/patients", params=query)
        assert answer.status_code == 200, answer.text
        return {patient["id"]: patient for patient in answer.json()["patients"]}


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Damaged]:
    folder = tmp_path_factory.mktemp("damaged")
    with running_api_server(folder) as server:
        studio = PracticeClient.open(server)
        swapped = (studio.patient, studio.add_patient())
        nulled = studio.add_patient(email="nulled@example.org")
        erased = studio.add_patient(email="erased@example.org", family_name="Vergessen")
        whole = studio.add_patient(email="whole@example.org")
        visit = studio.book_appointment()["id"]
        embedded = server.container.storage.server.embedded
        assert embedded is not None
        for statement in (
            SWAPPED.format(*swapped),
            NULLED.format(nulled),
            ERASED.format(studio.practice_id, erased),
        ):
            assert embedded.psql(["-qc", statement], dbname="scheduler_keys") == 0
    # A program that has no key in memory.
    with running_api_server(folder) as server:
        client = server.client(studio.key, retries_on_503=False)
        yield Damaged(server, client, studio.practice_id, whole, swapped, nulled, erased, visit)


class TestDamagedPatient:
    def test_is_listed_with_the_fault_beside_the_others(self, damaged: Damaged) -> None:
        found = damaged.listed()

        assert {id_: patient["damaged"] for id_, patient in found.items()} == {
            damaged.swapped[0]: "tampered",
            damaged.swapped[1]: "tampered",
            damaged.nulled: "key_unavailable",
            damaged.whole: None,
        }
        assert found[damaged.whole]["family_name"] == "Groß"
        assert {found[id_]["erased"] for id_ in (*damaged.swapped, damaged.nulled)} == {False}
        assert found[damaged.nulled]["family_name"] is None

    def test_is_found_by_a_whole_address_only(self, damaged: Damaged) -> None:
        assert list(damaged.listed(search="nulled@example.org")) == [damaged.nulled]
        assert list(damaged.listed(search="Groß")) == [damaged.whole]

    def test_raises_an_alarm(self, damaged: Damaged) -> None:
        damaged.listed()

        assert {
            (str(one["person_id"]), one["fault"]) for one in damaged.server.container.storage.damaged_persons()
        } == {
            (damaged.swapped[0], "tampered"),
            (damaged.swapped[1], "tampered"),
            (damaged.nulled, "key_unavailable"),
        }
        assert any(
            damaged.nulled in line and "cannot be read: key_unavailable" in line for line in damaged.server.log.lines
        )

    def test_is_refused_by_name_alone_and_for_changes(self, damaged: Damaged) -> None:
        for id_ in (damaged.swapped[0], damaged.nulled):
            path = f"/v1/patients/{id_}"
            answers = [damaged.client.get(path), damaged.client.patch(path, json={"given_name": "X"})]

            assert [(one.status_code, one.json()["code"]) for one in answers] == [(503, "personal_data_damaged")] * 2

    def test_keeps_their_visits_in_the_calendar(self, damaged: Damaged) -> None:
        window = {"from": "2026-06-01T00:00:00Z", "to": "2026-06-02T00:00:00Z"}

        for query in (window, {**window, "as_of": "2026-05-04T08:00:00Z"}):
            answer = damaged.client.get("/v1/calendar", params=query)

            assert answer.status_code == 200, answer.text
            assert damaged.visit in answer.text

    def test_is_damaged_in_histories_and_exports(self, damaged: Damaged) -> None:
        history = damaged.client.get(f"/v1/patients/{damaged.nulled}/history")
        events = damaged.client.get("/v1/events", params={"unseal": "true", "limit": 1000})

        assert [(line["personal"], line["damaged"]) for line in history.json()["history"]] == [
            (None, "key_unavailable")
        ]
        faults = {event["stream_id"]: event["damaged"] for event in events.json()["events"] if event["is_sealed"]}
        assert (faults[damaged.nulled], faults[damaged.swapped[0]], faults[damaged.whole]) == (
            "key_unavailable",
            "tampered",
            None,
        )

    def test_does_not_stop_the_read_model(self, damaged: Damaged) -> None:
        damaged.server.container.read_models.rebuild(["patients"], lambda _done, _total: None)

        assert set(damaged.listed()) == {*damaged.swapped, damaged.nulled, damaged.whole}


class TestLedgerOfErasures:
    def test_agrees_with_list_search_and_patient_after_the_log_alone_was_restored(self, damaged: Damaged) -> None:
        found = damaged.client.get(f"/v1/patients/{damaged.erased}").json()

        assert damaged.erased not in damaged.listed()
        assert damaged.listed(search="erased@example.org") == damaged.listed(search="Vergessen") == {}
        assert (found["erased"], found["damaged"], found["family_name"]) == (True, None, None)

    def test_leaves_pages_that_lead_on(self, damaged: Damaged) -> None:
        seen: list[str] = []
        query: Json = {"limit": 1}
        while True:
            page = damaged.client.get("/v1/patients", params=query).json()
            seen += [patient["id"] for patient in page["patients"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]

        assert sorted(seen) == sorted([*damaged.swapped, damaged.nulled, damaged.whole])
