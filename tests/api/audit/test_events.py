"""The log as an auditor reads it: gapless, verifiable, sealed."""

import re
from copy import deepcopy
from typing import Any

import pytest

from tests.api.practice_client import Json, PracticeClient
from tests.support.paths import DOCS

CANARY = "Kanarienvogel"
GUIDE = DOCS / "how-to" / "audit.md"


def read_log(studio: PracticeClient, limit: int = 1000, **query: Any) -> list[Json]:
    """Return the whole log, page by page."""
    events: list[Json] = []
    while True:
        after = events[-1]["position"] if events else 0
        answer = studio.client.get("/v1/events", params={"after": after, "limit": limit, **query})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        events += page["events"]
        assert page["after"] == (events[-1]["position"] if events else 0)
        if page["after"] == page["position"]:
            return events


@pytest.fixture
def changed_practice(studio: PracticeClient) -> PracticeClient:
    patient = studio.add_patient(given_name=CANARY, family_name='"קנרית" / é')
    visit = studio.book_appointment(patient_id=patient)
    studio.post_action(visit["id"], "cancel", reason=f"{CANARY} ist krank")
    studio.client.patch("/v1/practice", json={"name": 'Praxis "am Park" / \\ אבג'})
    return studio


class TestPages:
    def test_cover_the_log_without_a_gap(self, changed_practice: PracticeClient) -> None:
        whole = read_log(changed_practice)

        assert [event["position"] for event in whole] == list(range(1, len(whole) + 1))
        assert read_log(changed_practice, limit=3) == whole
        assert whole[-1]["body"]["name"] == 'Praxis "am Park" / \\ אבג'
        assert {event["actor"].partition(":")[0] for event in whole[3:]} == {"key"}

    def test_grow_and_never_change(self, changed_practice: PracticeClient) -> None:
        before = read_log(changed_practice)

        changed_practice.add_room()

        assert read_log(changed_practice)[:-1] == before

    def test_after_the_end_are_empty(self, changed_practice: PracticeClient) -> None:
        page = changed_practice.client.get("/v1/events?after=999999").json()

        assert (page["events"], page["after"]) == ([], 999999)

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("after=-1", "after"),
            ("after=x", "after"),
            ("limit=0", "limit"),
            ("limit=1001", "limit"),
            ("unseal=2", "unseal"),
        ],
    )
    def test_that_are_invalid_are_refused(self, studio: PracticeClient, query: str, field: str) -> None:
        answer = studio.client.get(f"/v1/events?{query}")

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    def test_are_of_the_callers_practice_only(self, changed_practice: PracticeClient, open_practice: Any) -> None:
        other = open_practice()

        assert not {e["stream_id"] for e in read_log(changed_practice)} & {e["stream_id"] for e in read_log(other)}


class TestSealedFields:
    def test_stay_sealed_unless_requested(self, changed_practice: PracticeClient) -> None:
        sealed, opened = (changed_practice.client.get("/v1/events", params=query) for query in ({}, {"unseal": "true"}))

        assert CANARY not in sealed.text
        assert CANARY in opened.text
        events = {event["event_type"]: event for event in opened.json()["events"]}
        assert events["scheduling.appointment.cancelled"]["personal"] == {"reason": f"{CANARY} ist krank"}
        assert all(event["is_sealed"] == (event["sealed"] is not None) for event in sealed.json()["events"])

    def test_of_an_erased_patient_cannot_be_unsealed(self, changed_practice: PracticeClient) -> None:
        [patient] = {
            e["stream_id"]
            for e in read_log(changed_practice, unseal="true")
            if CANARY in str(e["personal"]) and "patient." in e["event_type"]
        }
        changed_practice.client.delete(f"/v1/patients/{patient}")

        assert CANARY not in str(read_log(changed_practice, unseal="true"))

    def test_are_read_by_owners_and_auditors_only(self, studio: PracticeClient) -> None:
        for role in ("admin", "clinician", "front_desk", "biller", "analyst"):
            assert studio.client_with_role(role).get("/v1/events").status_code == 403
        assert studio.client_with_role("auditor").get("/v1/events?unseal=true").status_code == 200


@pytest.fixture(scope="module")
def first_broken_position() -> Any:
    [server] = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(server, names)  # noqa: S102  it is our own guide
    return names["first_broken_position"]


class TestVerificationGuide:
    """Runs the program of the guide."""

    def test_verifies_a_log_also_after_an_erasure(
        self, changed_practice: PracticeClient, first_broken_position: Any
    ) -> None:
        changed_practice.client.delete(f"/v1/patients/{changed_practice.patient}")

        assert first_broken_position(changed_practice.practice_id, read_log(changed_practice)) is None

    @pytest.mark.parametrize(
        ("field", "value"),
        [("actor", "nobody"), ("recorded_at", "2020-01-01T00:00:00Z"), ("body", {}), ("sealed", None), ("version", 9)],
    )
    def test_finds_the_first_event_that_was_altered(
        self, changed_practice: PracticeClient, first_broken_position: Any, field: str, value: object
    ) -> None:
        events = read_log(changed_practice)
        place = next(n for n, event in enumerate(events) if event["is_sealed"])
        forged = deepcopy(events)
        forged[place][field] = value

        assert first_broken_position(changed_practice.practice_id, forged) == place + 1
        assert first_broken_position(changed_practice.practice_id, events[:place] + events[place + 1 :]) == place + 1
