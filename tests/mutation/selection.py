"""A plugin of pytest: run the named tests only, the fastest first, and record how long tests take.

It reads the ids from the file that MUTATION_TESTS names, and adds to the one that MUTATION_TIMES
names.
"""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

# A failing example is enough: nobody reads it, so it need not be the smallest.
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if name := os.environ.get("MUTATION_TESTS"):
        places = {test: place for place, test in enumerate(Path(name).read_text("utf-8").splitlines())}
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in places])
        items[:] = sorted((item for item in items if item.nodeid in places), key=lambda item: places[item.nodeid])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if (name := os.environ.get("MUTATION_TIMES")) and "PYTEST_XDIST_WORKER" not in os.environ:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(json.dumps([report.nodeid, report.duration]) + "\n")
