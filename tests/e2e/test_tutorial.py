"""The tutorial, carried out step by step: each command gets the answer that the page shows."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import httpx2
import pytest

from api.demo.practice import make_demo
from tests.api.api_server import NOW, ApiServer, running_api_server

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tutorial.md").read_text("utf-8")
STEP = re.compile(r"```sh\n(curl [^`]*)```\n\n```http\nHTTP/1\.1 (\d+) [^\n]*\n\n([^`]*)```")


class Step(NamedTuple):
    command: str
    status: int
    answer: Any
    """The fields that the page shows. A string such as ``$PATIENT`` is a variable."""


STEPS = [Step(command, int(status), json.loads(answer)) for command, status, answer in STEP.findall(PAGE)]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[ApiServer]:
    with running_api_server(tmp_path) as program:
        yield program


def request_of(command: str, variables: dict[str, str]) -> httpx2.Request:
    """Translate a curl command, and the here-document that is its body, into a request."""
    line, _, document = Template(command).substitute(variables).partition(" <<END\n")
    arguments = iter(shlex.split(line)[1:])
    url, method, headers = "", "POST" if document else "GET", {}
    for argument in arguments:
        match argument:
            case "-s":
                pass
            case "-X":
                method = next(arguments)
            case "-H":
                name, value = next(arguments).split(": ", 1)
                headers[name] = value
            case "-d":
                assert next(arguments) == "@-"
            case _:
                url = argument
    return httpx2.Request(method, url, headers=headers, content=document.removesuffix("END\n").encode())


def compare(shown: Any, actual: Any, variables: dict[str, str]) -> None:
    """Assert that an answer has the fields of the page, and set the page's variables.

    A list may go on after the items that are shown.
    """
    if isinstance(shown, dict):
        for name, value in shown.items():
            compare(value, actual[name], variables)
    elif isinstance(shown, list):
        assert len(actual) >= len(shown)
        for one, other in zip(shown, actual, strict=False):
            compare(one, other, variables)
    elif isinstance(shown, str) and shown.startswith("$"):
        assert variables.setdefault(shown[1:], str(actual)) == str(actual)
    else:
        assert shown == actual


def test_every_command_gets_the_answer_that_the_page_shows(program: ApiServer) -> None:
    key = make_demo(program.container).api_key
    first_day = NOW.date() + timedelta(days=1)
    variables = {
        "API": f"{program.url}/v1",
        "AUTH": f"Authorization: Bearer {key}",
        "JSON": "Content-Type: application/json",
        "FROM": f"{first_day}T00:00:00Z",
        "TO": f"{first_day + timedelta(days=7)}T00:00:00Z",
    }

    for minutes, step in enumerate(STEPS, 1):
        with program.at_time(NOW + timedelta(minutes=minutes)):
            answer = program.client(None).send(request_of(step.command, variables))
        assert answer.status_code == step.status, f"{step.command}: {answer.text}"
        compare(step.answer, answer.json(), variables)


def test_no_answer_on_the_page_is_left_unchecked() -> None:
    assert len(STEPS) == PAGE.count("```http") > 10
