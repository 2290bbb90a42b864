"""Change the rules and use cases, one small change at a time, and count what wakes a test.

MUTANTS is the number of changes, chosen at random (0: all); SEED repeats a choice. PACKAGES are the
packages to change (``domain application``), each with its tests. A run that was interrupted goes on
where it stopped, and a later one repeats only what may differ: survivors, and mutants of changed
files. Results are in ``.mutation``.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from tests.mutation.baseline import PYTEST, Baseline, record
from tests.mutation.mutants import Mutant, MutatedModule
from tests.support.paths import ROOT

MUTANTS: Final = int(os.environ.get("MUTANTS", "300"))
SEED: Final = int(os.environ.get("SEED", "1"))
PACKAGES: Final = os.environ.get("PACKAGES", "domain application").split()
PROCESSES: Final = int(os.environ.get("PROCESSES") or os.cpu_count() or 1)
GOAL: Final = 0.9
FOLDER: Final = ROOT / ".mutation"
GRACE_SECONDS: Final = 60
"""How much longer than usual tests may take: a mutant may never end."""

KILLED, SURVIVED, UNTESTED, ENDLESS = "killed", "survived", "untested", "endless"


def main() -> int:
    modules = {path: MutatedModule(ROOT, path) for path in _files(*PACKAGES)}
    everything = [mutant for module in modules.values() for mutant in module.mutants]
    chosen = random.Random(SEED).sample(everything, MUTANTS) if MUTANTS else everything
    print(f"{len(chosen)} of {len(everything)} mutants, seed {SEED}", flush=True)
    trees = [_copy(FOLDER / f"tree{number}") for number in range(PROCESSES)]
    baseline = _baseline(trees[0])
    results = _known(modules)
    todo = [mutant for mutant in chosen if results.get(mutant.id) not in (KILLED, ENDLESS)]
    free: SimpleQueue[Path] = SimpleQueue()
    for tree in trees:
        free.put(tree)

    def judge(mutant: Mutant) -> tuple[Mutant, str]:
        tree = free.get()
        try:
            return mutant, verdict(tree, modules[mutant.path].source_of(mutant), mutant, baseline)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(PROCESSES) as threads, (FOLDER / "results").open("a", encoding="utf-8") as file:
        for number, (mutant, result) in enumerate(threads.map(judge, todo), 1):
            results[mutant.id] = result
            file.write(json.dumps([modules[mutant.path].digest, mutant.path, mutant.id, result]) + "\n")
            file.flush()
            print(f"{number}/{len(todo)} {result}: {described(mutant)}", flush=True)
    counted = Counter(results[mutant.id] for mutant in chosen)
    score = (counted[KILLED] + counted[ENDLESS]) / len(chosen)
    for mutant in sorted(chosen, key=lambda mutant: mutant.id):
        if results[mutant.id] in (SURVIVED, UNTESTED):
            print(f"{results[mutant.id]}: {described(mutant)}")
    print(f"{dict(counted)}: {score:.1%} of {len(chosen)} mutants wake a test")
    return score < GOAL


def verdict(tree: Path, source: str, mutant: Mutant, baseline: Baseline) -> str:
    """Run the tests of the changed lines in a copy of the tree until one fails."""
    tests = baseline.tests_of(mutant.path, mutant.lines)
    if not tests:
        return UNTESTED
    file, names = tree / mutant.path, tree / "mutation-tests"
    original = file.read_text("utf-8")
    names.write_text("\n".join(tests), "utf-8")
    _replace(file, source)
    try:
        return _run(tree, names, sorted({test.partition("::")[0] for test in tests}), baseline.seconds(tests))
    finally:
        _replace(file, original)


def _run(tree: Path, names: Path, files: list[str], usual_seconds: float) -> str:
    process = subprocess.Popen(
        [*PYTEST, "--exitfirst", *files],
        cwd=tree,
        env=os.environ | {"MUTATION_TESTS": str(names)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return SURVIVED if process.wait(2 * usual_seconds + GRACE_SECONDS) == 0 else KILLED
    except subprocess.TimeoutExpired:
        # Interrupted, pytest stops the servers of its fixtures.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return ENDLESS


def described(mutant: Mutant) -> str:
    return f"{mutant.id}: {mutant.before} -> {mutant.after}"


def _replace(file: Path, source: str) -> None:
    """Write a module; without its bytecode, which is up to date by the second only."""
    for cached in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
        cached.unlink()
    file.write_text(source, "utf-8")


def _files(*folders: str) -> Iterator[str]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT))


def _copy(tree: Path) -> Path:
    """Copy the files that Git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    wanted = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    if tree.exists():
        shutil.rmtree(tree)
    for name in wanted:
        copy = tree / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy)
    return tree


def _baseline(tree: Path) -> Baseline:
    """Record the baseline, unless nothing has changed since the last one."""
    folder, digest = FOLDER / "-".join(["baseline", *PACKAGES]), hashlib.sha256()
    for path in _files(*PACKAGES, *(f"tests/{package}" for package in PACKAGES)):
        digest.update(path.encode() + (ROOT / path).read_bytes())
    stamp = folder / "stamp"
    if not stamp.exists() or stamp.read_text() != digest.hexdigest():
        record(folder, tree, PACKAGES, PROCESSES)
        stamp.write_text(digest.hexdigest())
    return Baseline(folder, tree)


def _known(modules: dict[str, MutatedModule]) -> dict[str, str]:
    """Return the results of earlier runs about files that are unchanged."""
    path = FOLDER / "results"
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    return {id_: result for digest, path, id_, result in lines if path in modules and modules[path].digest == digest}


if __name__ == "__main__":
    sys.exit(main())
