"""One program for all tests of the API, and a fresh practice for each that wants one."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.api.api_server import ApiServer, running_api_server
from tests.api.practice_client import Json, PracticeClient


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with running_api_server(tmp_path_factory.mktemp("program")) as server:
        yield server


@pytest.fixture
def open_practice(server: ApiServer) -> Callable[..., PracticeClient]:
    """Open practices, each a tenant of its own."""
    return partial(PracticeClient.open, server)


@pytest.fixture
def studio(open_practice: Callable[..., PracticeClient]) -> PracticeClient:
    """A practice in Berlin with one clinician, weekdays 9 to 17, and a service of 50 minutes."""
    return open_practice()


@pytest.fixture
def weekly_series(studio: PracticeClient) -> Json:
    """Tuesdays at 10:00 in Berlin, eight times from 2 June 2026."""
    answer = studio.post_series()
    assert answer.status_code == 201, answer.text
    series: Json = answer.json()
    return series
