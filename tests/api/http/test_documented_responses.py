"""Responses in the API's tests are compared with the description, and differences are reported."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from api.practice.schemas import LocationPage, LocationShown
from tests.api.api_server import ApiServer
from tests.api.http.documented_responses import faults
from tests.api.practice_client import PracticeClient

PLACE: dict[str, Any] = {"id": "01980c5a-0000-7000-8000-000000000001", "version": 1, "name": "Mitte", "zone": "UTC"}


def test_every_answer_that_is_described_is_compared(server: ApiServer) -> None:
    described = {
        (verb.upper(), path, int(status))
        for path, operations in server.app.openapi()["paths"].items()
        for verb, operation in operations.items()
        for status, answer in operation["responses"].items()
        if status < "300" and path.startswith("/v1/") and "application/json" in answer["content"]
    }

    assert described - server.described.known() == set()
    assert len(described) > 100


@pytest.mark.parametrize(
    ("differs", "message"),
    [
        ({"rooms": 3}, "locations.0.rooms: is not described"),
        ({"version": "one"}, "locations.0.version: Input should be a valid integer"),
        ({"holidays": {"country": "DE", "colour": "red"}}, "locations.0.holidays.colour"),
    ],
)
def test_reports_a_difference(differs: dict[str, object], message: str) -> None:
    place = PLACE | {"holidays": None} | differs

    found = list(faults(TypeAdapter(LocationPage), {"locations": [place], "position": 1}))

    assert any(each.startswith(message) for each in found), found


def test_reports_a_missing_field() -> None:
    page = {"locations": [PLACE], "position": 1}

    assert list(faults(TypeAdapter(LocationPage), page)) == ["locations.0.holidays: Field required"]


def test_a_clients_answers_are_compared(studio: PracticeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocationShown, "present", lambda _: {"name": "Mitte", "zone": "UTC"})

    with pytest.raises(AssertionError, match="holidays: Field required"):
        studio.client.get("/v1/locations")
