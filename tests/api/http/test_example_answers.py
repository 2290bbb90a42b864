"""The answers that the description shows are those that the running program gives today, and hold no secret."""

import json
import re
from html import escape

import pytest

from tests.api.http.example_answers import FILE, StandIns, example_answers
from tests.api.practice_scenario import DESCRIBED_IDS, stand_in
from tests.api.serving import Program
from tests.api.studio import Json

SECRET = re.compile(r"(?:sk_|whsec_|feed_)[\w+/-]{20,}|[A-Za-z0-9+/]{80,}|(?!0{32})[0-9a-f]{64}")
AGAIN = "overtaken; run `python -m tests.api.http.example_answers`, and read what it changed"


@pytest.fixture(scope="module")
def shown() -> Json:
    answers: Json = json.loads(FILE.read_text("utf-8"))
    return answers


def test_are_what_the_program_answers_today(program: Program, shown: Json) -> None:
    today = example_answers(program)

    overtaken = [name for name in sorted(shown | today) if shown.get(name) != today.get(name)]
    assert overtaken == [], f"{', '.join(overtaken)}: {AGAIN}"


def test_are_shown_with_every_operation_that_answers_json(program: Program, shown: Json) -> None:
    described = {
        (operation["operationId"], status): answer["content"]["application/json"]
        for path, operations in program.app.openapi()["paths"].items()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if path.startswith("/v1/") and status < "300" and "application/json" in answer["content"]
    }

    assert [which for which, answer in described.items() if "example" not in answer] == []
    assert {(name, status) for name, answers in shown.items() for status in answers} == described.keys()
    assert len(described) > 100


def test_are_as_described(program: Program, shown: Json) -> None:
    faults = {
        (name, status): found
        for name, answers in shown.items()
        for status, answer in answers.items()
        if (found := program.described.faults_of(name, int(status), answer))
    }

    assert faults == {}


def test_stand_on_the_page(program: Program, shown: Json) -> None:
    page = program.client(None).get("/docs").text

    assert escape(json.dumps(shown["get_location"]["200"], indent=2)) in page


def test_hold_no_secret(shown: Json) -> None:
    assert SECRET.findall(json.dumps(shown)) == []


IDS = {name: f"0198{number:04}-1111-7111-8111-111111111111" for number, name in enumerate(DESCRIBED_IDS)}
OTHER = "01999999-1111-7111-8111-111111111111"


class TestStandIns:
    def test_are_the_same_for_the_same_id_wherever_it_stands(self) -> None:
        said = {"id": OTHER, "actor": f"key:{OTHER}", "others": [IDS["patient_id"]]}

        shown = StandIns(IDS).put_into(said)

        assert shown == {"id": stand_in(9), "actor": f"key:{stand_in(9)}", "others": [stand_in(4)]}

    def test_are_put_for_what_opens_doors(self) -> None:
        said = {"key": "sk_abc", "secret": "whsec_abc", "url": "/v1/feeds/feed_abc.ics", "next_cursor": None}

        shown = StandIns(IDS).put_into(said)

        assert shown == {"key": "sk_...", "secret": "whsec_...", "url": "/v1/feeds/feed_....ics", "next_cursor": None}
