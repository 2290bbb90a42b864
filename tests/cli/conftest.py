"""One data folder for the commands that do not mind each other's practices."""

from collections.abc import Iterator

import pytest

from tests.cli.scheduler import Scheduler


@pytest.fixture(scope="package")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduler]:
    scheduler = Scheduler(tmp_path_factory.mktemp("cli") / "data")
    yield scheduler
    scheduler.end()
