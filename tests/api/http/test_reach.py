"""A key that is bound to one clinician reads that one's visits, and of others only their times.

The routes are those of the API's description: a new one that shows visits must be listed here.
"""

import re
from collections.abc import Iterator

import httpx2
import pytest

from tests.api.practice_client import Json, PracticeClient
from tests.api.sample_ids import QUERIES, WINDOW, ids_of

OWNED = ("appointment_id", "session_id", "series_id", "course_id", "hold_id", "opening_id", "offer_id", "feed_id")
"""The ids of what belongs to one clinician or to the staff of a session."""
OPEN = {
    "/v1/practice",
    "/v1/locations",
    "/v1/locations/{location_id}",
    "/v1/resources",
    "/v1/resources/{resource_id}",
    "/v1/resources/{resource_id}/out-of-service",
    "/v1/clinicians",
    "/v1/clinicians/{clinician_id}",
    "/v1/clinicians/{clinician_id}/hours",
    "/v1/clinicians/{clinician_id}/time-off",
    "/v1/clinicians/{clinician_id}/busy-time",
    "/v1/services",
    "/v1/services/{service_id}",
    "/v1/slots",
    "/v1/patients",
    "/v1/patients/{patient_id}",
    "/v1/patients/{patient_id}/contacts",
    "/v1/patients/{patient_id}/consents",
    "/v1/patients/{patient_id}/duplicates",
    "/v1/imports",
    "/v1/imports/{import_id}",
    "/v1/waitlist/{entry_id}",
}
"""Routes that show what belongs to the whole practice; the sample entry waits for any clinician."""


def reads(studio: PracticeClient) -> Iterator[str]:
    for path, verbs in studio.server.app.openapi()["paths"].items():
        if path.startswith("/v1/") and "get" in verbs and "token" not in path:
            yield path


def read(client: httpx2.Client, path: str, ids: dict[str, str], **more: str) -> httpx2.Response:
    query = {name: value or ids[name] for name, value in QUERIES.get(path, {}).items()}
    return client.get(re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], path), params=query | more)


@pytest.fixture
def ids(studio: PracticeClient) -> dict[str, str]:
    """Resources of one clinician, in read models that have caught up."""
    ids = ids_of(studio)
    entry = studio.create(
        "/v1/waitlist", patient_id=studio.patient, service_id=studio.service, clinician_id=studio.clinician
    )
    for path in ("/v1/waitlist", "/v1/appointments", f"/v1/patients/{studio.patient}/history"):
        assert studio.client.get(path, params={"after": entry["position"]}).status_code == 200
    return ids | {"own_entry_id": entry["id"]}


class TestBoundKey:
    def test_finds_nothing_of_a_colleague(self, studio: PracticeClient, ids: dict[str, str]) -> None:
        colleague = studio.client_with_role("clinician", clinician_id=studio.add_clinician())
        own = [ids[name] for name in (*OWNED, "own_entry_id")]
        shown = {}

        for path in reads(studio):
            answer = read(colleague, path, ids)
            named = [name for name in re.findall(r"\{(\w+)\}", path) if name in OWNED]
            if path in OPEN:
                assert answer.status_code == 200, (path, answer.text)
            elif named and answer.status_code not in (403, 404):
                shown[path] = answer.text
            if answer.status_code == 200 and any(id_ in answer.text for id_ in own):
                shown[path] = answer.text

        assert shown == {}
        assert colleague.get(f"/v1/waitlist/{ids['own_entry_id']}").status_code == 404

    def test_answers_as_for_an_unknown_id(self, studio: PracticeClient, ids: dict[str, str]) -> None:
        colleague = studio.client_with_role("clinician", clinician_id=studio.add_clinician())
        nobody = "01980c5a-0000-7000-8000-000000000000"

        for path in reads(studio):
            for name in set(re.findall(r"\{(\w+)\}", path)) & set(OWNED):
                theirs, unknown = (read(colleague, path, ids | {name: id_}) for id_ in (ids[name], nobody))
                assert _anonymous(theirs) == _anonymous(unknown), path

    def test_reads_what_is_its_own(self, studio: PracticeClient, ids: dict[str, str]) -> None:
        bound = studio.client_with_role("clinician", clinician_id=studio.clinician)

        for path in reads(studio):
            if "session_id}/invitation" not in path:  # the patient has no seat
                answer = read(bound, path, ids)
                assert answer.status_code in (200, 403), (path, answer.text)
        for path, name in (("series", "series_id"), ("sessions", "session_id"), ("courses", "course_id")):
            assert ids[name] in bound.get(f"/v1/{path}").text

    def test_sees_when_colleagues_are_busy(self, studio: PracticeClient, ids: dict[str, str]) -> None:
        other = studio.add_clinician()
        studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, other]})
        someone = studio.add_patient()
        mine = studio.book_appointment(
            "2026-06-02T09:00:00+02:00", clinician_id=other, patient_id=someone, notes="brings crutches"
        )
        cancelled = studio.book_appointment("2026-06-02T12:00:00+02:00")
        position = studio.post_action(cancelled["id"], "cancel", reason="x").json()["position"]
        bound = studio.client_with_role("clinician", clinician_id=other)

        for more in ({"after": str(position)}, {"as_of": "2026-05-04T08:00:00Z"}):
            shown = bound.get("/v1/calendar", params=WINDOW | more).json()

            assert [visit["id"] for visit in shown["appointments"]] == [mine["id"]]
            assert shown["sessions"] == []
            assert shown["busy"][0] == {
                "clinician_ids": [studio.clinician],
                "location_id": studio.location,
                "resource_ids": [],
                "starts_at": "2026-06-02T07:00:00Z",
                "ends_at": "2026-06-02T07:50:00Z",
            }
            assert {"2026-06-05T12:00:00Z"} <= {each["starts_at"] for each in shown["busy"]}
            assert "2026-06-02T10:00:00Z" not in {each["starts_at"] for each in shown["busy"]}
        assert studio.client.get("/v1/calendar", params=WINDOW).json()["busy"] == []

    def test_loses_a_visit_with_the_clinician_who_gives_it(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, other]})
        visit = studio.book_appointment(notes="brings crutches")
        mine = studio.client_with_role("clinician", clinician_id=studio.clinician)
        theirs = studio.client_with_role("clinician", clinician_id=other)
        path, history = f"/v1/appointments/{visit['id']}", f"/v1/patients/{studio.patient}/history"

        moved = studio.post_action(visit["id"], "reassign", clinician_id=other).json()

        assert (mine.get(path).status_code, theirs.get(path).status_code) == (404, 200)
        assert (mine.get(f"{path}?version=1").status_code, theirs.get(f"{path}?version=1").status_code) == (200, 404)
        after = {"after": moved["position"]}
        assert visit["id"] not in mine.get(history, params=after).text
        assert visit["id"] in theirs.get(history, params=after).text
        assert mine.get(f"{path}/history", params=after).status_code == 404


def _anonymous(answer: httpx2.Response) -> Json:
    body: Json = answer.json()
    return {name: value for name, value in body.items() if name != "request_id"}
