"""One data folder for the commands that do not mind each other's practices."""

from collections.abc import Iterator

import pytest

from tests.support.scheduler_command import SchedulerCommand


@pytest.fixture(scope="package")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SchedulerCommand]:
    scheduler = SchedulerCommand(tmp_path_factory.mktemp("cli") / "data")
    yield scheduler
    scheduler.stop_database()
