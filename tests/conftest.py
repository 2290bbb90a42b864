"""Fixtures for every test that needs the real thing: one server and one wired program a session."""

from collections.abc import Iterator

import pytest

from tests.support.database import Database, running_database
from tests.support.world import World, open_world


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with running_database(tmp_path_factory.mktemp("server")) as database:
        yield database


@pytest.fixture(scope="session")
def world(database: Database) -> Iterator[World]:
    with open_world(database) as world:
        yield world
