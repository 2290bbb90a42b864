"""Which tests execute a line, and how long each takes: one run of all tests with coverage."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from coverage import CoverageData

PYTEST: Final = (
    *(sys.executable, "-m", "pytest", "--quiet", "-p", "tests.mutation.selection", "-p", "no:cacheprovider"),
    *("--hypothesis-profile=mutation", "--timeout=0"),
)


class Baseline:
    """The tests of each line, from the files of `record`."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._root = root
        self._data = CoverageData(str(folder / "coverage"))
        self._data.read()
        self._times: Counter[str] = Counter()
        for line in (folder / "times").read_text("utf-8").splitlines():
            test, seconds = json.loads(line)
            self._times[test] += seconds

    def tests_of(self, path: str, lines: Iterable[int]) -> Sequence[str]:
        """Return the tests that execute one of the lines, the fastest first.

        Lines that run at import only, as a constant's, are used by all tests of their file.
        """
        by_line = self._data.contexts_by_lineno(str(self._root / path))
        found = _tests(by_line.get(line, []) for line in lines) or _tests(by_line.values())
        return sorted(found, key=lambda test: (self._times[test], test))

    def seconds(self, tests: Iterable[str]) -> float:
        return sum(self._times[test] for test in tests)


def _tests(contexts: Iterable[Iterable[str]]) -> set[str]:
    return {context.rpartition("|")[0] for line in contexts for context in line} - {""}


def record(folder: Path, root: Path, packages: Sequence[str], processes: int) -> None:
    """Run the tests of the packages in a copy of the tree. Raises CalledProcessError: one fails."""
    folder.mkdir(parents=True, exist_ok=True)
    times, coverage = folder / "times", folder / "coverage"
    for old in (times, coverage):
        old.unlink(missing_ok=True)
    subprocess.run(
        [
            *PYTEST,
            *(f"--numprocesses={processes}", "--dist=loadfile"),
            *(f"--cov={package}" for package in packages),
            *("--cov-context=test", "--cov-report="),
            *(f"tests/{package}" for package in packages),
        ],
        cwd=root,
        env=os.environ | {"MUTATION_TIMES": str(times), "COVERAGE_FILE": str(coverage)},
        check=True,
    )
