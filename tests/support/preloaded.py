"""What each process of a test has imported and computed before it is forked."""

import gc
import importlib
import pkgutil
from datetime import UTC, datetime

import api
from application.registry import all_registrations
from domain.kernel.zone_sightings import Sighting

# Commands import what they need when they run; a fork would do so again and again.
program = [module.name for module in pkgutil.walk_packages(api.__path__, "api.")]
tests = ["tests.support.container", "tests.support.scheduler_command"]
for name in [*program, *tests, "rich.progress", "typer.rich_utils"]:
    importlib.import_module(name)
all_registrations()
# The rules of all zones from the year in which most tests take place are kept by a cache.
Sighting.own(datetime(2026, 1, 1, tzinfo=UTC))
# A garbage collection of a fork would copy all pages.
gc.collect()
gc.freeze()
