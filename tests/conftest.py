"""Session fixtures: one PostgreSQL server and one wired container; and the order of tests."""

import gc
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from tests.support.container import Container, open_container
from tests.support.database import Database, running_database
from tests.support.forked_process import preload_program

# No deadline for an example: its duration depends on the machine.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with running_database(tmp_path_factory.mktemp("server")) as database:
        yield database


@pytest.fixture(scope="session")
def container(database: Database) -> Iterator[Container]:
    with open_container(database) as container:
        yield container


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In parallel runs, start with the files that may take longest.

    All processes need the same order: the node id decides for cases that come from a set.
    """
    if not hasattr(config, "workerinput"):
        return
    longest: dict[Path, float] = {}
    places: dict[str, int] = {}
    for item in items:
        places.setdefault(_without_case(item), len(places))
        if timeout := item.get_closest_marker("timeout"):
            longest[item.path] = max(longest.get(item.path, 0), *timeout.args)
    items.sort(key=lambda item: (-longest.get(item.path, 0), places[_without_case(item)], item.nodeid))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Measure the coverage of examples alone: it triples the time of what repeats lines.

    The marker of pytest-cov, ``no_cover``, has no effect in parallel runs.
    """
    repeats_lines = item.get_closest_marker("uncovered") or is_hypothesis_test(getattr(item, "obj", None))
    if not (repeats_lines and item.config.getoption("cov_source", None)):
        return (yield)
    here, in_new_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        threading.settrace(in_new_threads)
        sys.settrace(here)


def pytest_collection_finish() -> None:
    """Keep the modules and tests, which stay to the end, out of each garbage collection."""
    preload_program()
    gc.collect()
    gc.freeze()


def _without_case(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]
