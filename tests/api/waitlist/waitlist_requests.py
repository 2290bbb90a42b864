"""Requests about wait list entries, openings and offers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx2

from tests.api.practice_client import Json, PracticeClient
from tests.support.wait_until import wait_until

NINE, NINE_SAID = "2026-06-01T07:00:00Z", "2026-06-01T09:00:00+02:00"

TEN = "2026-06-01T10:00:00+02:00"

GRACE = {"minutes": 3.0}


def join_waitlist(studio: PracticeClient, patient: str | None = None, **preferences: object) -> Json:
    """Add a patient to the wait list and return the entry."""
    who = {"patient_id": patient or studio.add_patient(), "service_id": studio.service}
    return studio.create("/v1/waitlist", **(who | preferences))


def post_opening(
    studio: PracticeClient, *entries: Json, starts_at: str = NINE_SAID, minutes: int = 60, **other: object
) -> Any:
    body = {"clinician_id": studio.clinician, "starts_at": starts_at, "minutes": minutes}
    return studio.client.post("/v1/openings", json=body | {"entry_ids": [entry["id"] for entry in entries]} | other)


def offer_time(studio: PracticeClient, *entries: Json, starts_at: str = NINE_SAID, minutes: int = 60) -> list[str]:
    """Offer a time; return the offers in the order of the entries."""
    post_answer = post_opening(studio, *entries, starts_at=starts_at, minutes=minutes)
    assert post_answer.status_code == 201, post_answer.text
    return [each["offer_id"] for each in post_answer.json()["rounds"][0]["offers"]]


def post_answer(studio: PracticeClient, offer_id: str, verb: str, **headers: str) -> httpx2.Response:
    return studio.client.post(f"/v1/offers/{offer_id}/{verb}", headers=headers)


def get_json(studio: PracticeClient, path: str, id_: str) -> Json:
    found: Json = studio.client.get(f"/v1/{path}/{id_}").json()
    return found


def waiting_entry_ids(studio: PracticeClient, after: int, **query: str) -> list[str]:
    found = studio.client.get("/v1/waitlist", params={"after": str(after), "status": "waiting"} | query).json()
    return [entry["id"] for entry in found["entries"]]


def openings(studio: PracticeClient) -> list[Json]:
    found: list[Json] = studio.client.get("/v1/openings").json()["openings"]
    return found


def wait_for_opening(studio: PracticeClient, status: str = "offered", rounds: int = 1, number: int = 0) -> Json:
    """Wait for an opening that the worker makes by itself, in a status and with so many rounds."""

    def found() -> list[Json]:
        made = openings(studio)[number : number + 1]
        return [each for each in made if each["status"] == status and len(each["rounds"]) == rounds]

    [made] = wait_until(found, f"an opening is {status}", lambda: openings(studio))
    return made


@contextmanager
def time_later(studio: PracticeClient, **span: float) -> Iterator[None]:
    with studio.server.at_time(studio.server.clock.now() + timedelta(**span)):
        yield
