"""Jobs hold ids only, under names that never change; each policy stands in a file of its name, and
runs.
"""

from dataclasses import fields
from importlib import import_module
from typing import get_type_hints
from uuid import UUID

from api.bootstrap.jobs import POLICIES
from application.kernel.jobs import Job, Policy
from tests.architecture.source_tree import ROOT, modules

NAMES = {
    "scheduling.adopt_zone_rules",
    "scheduling.end_feeds_and_lines",
    "waitlist.end_waiting",
    "waitlist.offer_freed_time",
    "waitlist.offer_to_next",
}
"""Names that stored jobs may have: a line is never changed, and removed only when no job of that
name can be stored any more.
"""


def job_classes() -> list[type[Job]]:
    found = [
        import_module(".".join(module.path.with_suffix("").parts))
        for module in modules("application")
        if "(Job)" in module.source
    ]
    classes = [each for module in found for each in vars(module).values()]
    return [each for each in classes if isinstance(each, type) and issubclass(each, Job) and each is not Job]


class TestJobs:
    def test_hold_ids_and_versions_only(self) -> None:
        loose = [
            f"{each.__name__}.{field.name}"
            for each in job_classes()
            for field in fields(each)
            if get_type_hints(each)[field.name] not in (UUID, int)
        ]

        assert loose == []

    def test_have_names_that_never_change(self) -> None:
        assert sorted(each.NAME for each in job_classes()) == sorted(NAMES)


class TestPolicies:
    def test_stand_in_a_file_of_their_name_and_run(self) -> None:
        files = sorted(ROOT.glob("application/*/when_*.py"))
        found = [import_module(f"application.{path.parent.name}.{path.stem}") for path in files]

        assert files
        for module in found:
            [policy] = [each for each in vars(module).values() if isinstance(each, Policy)]
            assert policy.name == module.__name__.rpartition(".")[2]
            assert policy in POLICIES

    def test_stand_in_no_other_file(self) -> None:
        breaches = [str(module.path) for module in modules("application") if "\n@policy(" in module.source]

        assert all(path.rpartition("/")[2].startswith("when_") for path in breaches)
