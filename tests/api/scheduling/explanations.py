"""Ask the API why a time is not free."""

from typing import Any

from tests.api.practice_client import Json, PracticeClient


def explain(studio: PracticeClient, at: str, client: Any = None) -> Json:
    asked = {"service_id": studio.service, "clinician_id": studio.clinician, "at": at}
    answer = (client or studio.client).get("/v1/slots/explain", params=asked)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def reason_events(found: Json) -> list[tuple[str, list[str]]]:
    return [(each["code"], [event["event_type"] for event in each["events"]]) for each in found["reasons"]]
