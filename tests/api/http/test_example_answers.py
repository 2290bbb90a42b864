"""The documented example responses equal those of a running server, and hold no secret."""

import json
import re
from html import escape

import pytest

from tests.api.api_server import ApiServer
from tests.api.http.example_answers import FILE, Placeholders, example_answers
from tests.api.practice_client import Json
from tests.api.practice_scenario import DESCRIBED_IDS, placeholder_id

SECRET = re.compile(r"(?:sk_|whsec_|feed_)[\w+/-]{20,}|[A-Za-z0-9+/]{80,}|(?!0{32})[0-9a-f]{64}")
AGAIN = "overtaken; run `python -m tests.api.http.example_answers`, and read what it changed"


@pytest.fixture(scope="module")
def example_file() -> Json:
    answers: Json = json.loads(FILE.read_text("utf-8"))
    return answers


def test_are_what_the_program_answers_today(server: ApiServer, example_file: Json) -> None:
    today = example_answers(server)

    overtaken = [name for name in sorted(example_file | today) if example_file.get(name) != today.get(name)]
    assert overtaken == [], f"{', '.join(overtaken)}: {AGAIN}"


def test_are_shown_with_every_operation_that_answers_json(server: ApiServer, example_file: Json) -> None:
    described = {
        (operation["operationId"], status): answer["content"]["application/json"]
        for path, operations in server.app.openapi()["paths"].items()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if path.startswith("/v1/") and status < "300" and "application/json" in answer["content"]
    }

    assert [which for which, answer in described.items() if "example" not in answer] == []
    assert {(name, status) for name, answers in example_file.items() for status in answers} == described.keys()
    assert len(described) > 100


def test_are_as_described(server: ApiServer, example_file: Json) -> None:
    faults = {
        (name, status): found
        for name, answers in example_file.items()
        for status, answer in answers.items()
        if (found := server.described.faults_of(name, int(status), answer))
    }

    assert faults == {}


def test_are_on_the_reference_page(server: ApiServer, example_file: Json) -> None:
    page = server.client(None).get("/docs").text

    assert escape(json.dumps(example_file["get_location"]["200"], indent=2)) in page


def test_hold_no_secret(example_file: Json) -> None:
    assert SECRET.findall(json.dumps(example_file)) == []


IDS = {name: f"0198{number:04}-1111-7111-8111-111111111111" for number, name in enumerate(DESCRIBED_IDS)}
OTHER = "01999999-1111-7111-8111-111111111111"


class TestStandIns:
    def test_are_the_same_for_the_same_id_wherever_it_stands(self) -> None:
        value = {"id": OTHER, "actor": f"key:{OTHER}", "others": [IDS["patient_id"]]}

        example_file = Placeholders(IDS).replace_in(value)

        assert example_file == {
            "id": placeholder_id(9),
            "actor": f"key:{placeholder_id(9)}",
            "others": [placeholder_id(4)],
        }

    def test_are_put_for_what_opens_doors(self) -> None:
        value = {"key": "sk_abc", "secret": "whsec_abc", "url": "/v1/feeds/feed_abc.ics", "next_cursor": None}

        example_file = Placeholders(IDS).replace_in(value)

        assert example_file == {
            "key": "sk_...",
            "secret": "whsec_...",
            "url": "/v1/feeds/feed_....ics",
            "next_cursor": None,
        }
