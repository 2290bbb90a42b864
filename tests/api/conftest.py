"""One program for all tests of the API, and a fresh practice for each that wants one."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.api.serving import Program, running_program
from tests.api.studio import Json, Studio


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running_program(tmp_path_factory.mktemp("program")) as program:
        yield program


@pytest.fixture
def open_studio(program: Program) -> Callable[..., Studio]:
    """Open practices, each a tenant of its own."""
    return partial(Studio.open, program)


@pytest.fixture
def studio(open_studio: Callable[..., Studio]) -> Studio:
    """A practice in Berlin: one location, one clinician who is there from 9 to 17 on weekdays, one service of 50 minutes."""
    return open_studio()


@pytest.fixture
def weekly(studio: Studio) -> Json:
    """Tuesdays at 10:00 in Berlin, eight times from 2 June 2026."""
    answer = studio.plan()
    assert answer.status_code == 201, answer.text
    series: Json = answer.json()
    return series
