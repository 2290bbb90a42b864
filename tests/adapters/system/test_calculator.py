"""Calculations run in processes of their own, within a budget, and leave nothing behind."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from adapters.system import calculator as module
from adapters.system.calculator import ProcessCalculator
from application.kernel.errors import OverloadedError, TooCostlyError, UnavailableError
from domain.scheduling.series.recurrence import UnsupportedRuleError
from tests.adapters.system.sample_calculations import (
    kill_itself,
    loop,
    process_id_after_a_while,
    refuse,
    repeated,
    use,
    wait_for,
)
from tests.support.concurrency import map_concurrently
from tests.support.forked_process import ForkedProcess
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until


@pytest.fixture(autouse=True)
def _patient_calculators(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is refused because the machine stood still: two tests alone are about that."""
    monkeypatch.setattr(module, "WAIT_SECONDS", TIMEOUT_SECONDS)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", TIMEOUT_SECONDS)


@pytest.fixture
def calculator() -> Iterator[ProcessCalculator]:
    with closing(ProcessCalculator(2)) as calculator:
        yield calculator


class TestCalculation:
    def test_runs_in_another_process_that_is_used_again(self, calculator: ProcessCalculator) -> None:
        first, second = calculator.run(os.getpid), calculator.run(os.getpid)

        assert first == second != os.getpid()

    def test_gets_its_arguments_and_returns_its_result(self, calculator: ProcessCalculator) -> None:
        text = "ä" * 3_000_000

        assert calculator.run(repeated, text, times=2) == text * 2
        for content in (text.encode(), b""):
            assert calculator.run(repeated, content, times=2) == content * 2
        assert calculator.run(repeated, "again") == "again"

    def test_raises_what_the_function_raises(self, calculator: ProcessCalculator) -> None:
        with pytest.raises(UnsupportedRuleError, match="not supported") as refused:
            calculator.run(refuse)

        assert refused.value.field == "rrule.skip"
        assert calculator.run(repeated, "fine") == "fine"

    def test_starts_no_process_before_it_is_needed_and_no_more_than_allowed(
        self, calculator: ProcessCalculator
    ) -> None:
        before = _children()

        used = set(map_concurrently(8, lambda _: calculator.run(process_id_after_a_while)))

        assert before == set()
        assert used == _children()
        assert len(used) == 2

    def test_waits_for_a_process_only_so_long(
        self, calculator: ProcessCalculator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
        threads = [threading.Thread(target=calculator.run, args=(wait_for, tmp_path / "go")) for _ in range(2)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2, "both processes are busy")

        with pytest.raises(OverloadedError):
            calculator.run(os.getpid)

        (tmp_path / "go").touch()
        for thread in threads:
            thread.join()
        assert calculator.run(repeated, "again") == "again"


class TestBudget:
    def test_ends_a_calculation_that_takes_too_much_time(self, tmp_path: Path) -> None:
        with closing(ProcessCalculator(1, cpu_seconds=0.2)) as calculator:
            with pytest.raises(TooCostlyError, match=r"more than 0\.2 s"):
                calculator.run(loop, tmp_path / "go")

            assert calculator.run(repeated, "next") == "next"

    def test_is_of_each_calculation(self) -> None:
        with closing(ProcessCalculator(1, cpu_seconds=0.5)) as calculator:
            used = [calculator.run(use, 0.2) for _ in range(4)]

        assert len(set(used)) == 1

    def test_refuses_a_calculation_that_takes_too_much_memory(self) -> None:
        with closing(ProcessCalculator(1, memory_bytes=256 * 1024 * 1024)) as calculator:
            process = calculator.run(os.getpid)

            with pytest.raises(TooCostlyError, match="256 MiB"):
                calculator.run(bytearray, 512 * 1024 * 1024)

            assert calculator.run(os.getpid) == process

    @pytest.mark.parametrize("argument", ["", "a" * 3_000_000], ids=["short", "long"])
    def test_replaces_a_process_that_does_not_reply(
        self, calculator: ProcessCalculator, argument: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stopped = calculator.run(os.getpid)
        os.kill(stopped, signal.SIGSTOP)

        monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.1)

        with pytest.raises(OverloadedError):
            calculator.run(repeated, argument)

        monkeypatch.setattr(module, "PATIENCE_SECONDS", TIMEOUT_SECONDS)
        assert calculator.run(os.getpid) != stopped
        assert not psutil.pid_exists(stopped)


class TestDeath:
    def test_of_an_idle_process_is_not_noticed(self, calculator: ProcessCalculator) -> None:
        os.kill(killed := calculator.run(os.getpid), signal.SIGKILL)

        assert calculator.run(os.getpid) != killed

    def test_during_a_calculation_is_unavailable_after_a_second_try(
        self, calculator: ProcessCalculator, tmp_path: Path
    ) -> None:
        with pytest.raises(UnavailableError, match="send the same request again"):
            calculator.run(kill_itself, tmp_path)

        assert len(list(tmp_path.iterdir())) == 2
        assert calculator.run(repeated, "next") == "next"

    @pytest.mark.parametrize("work", [wait_for, loop])
    def test_of_the_program_ends_its_processes(self, work: Callable[[Path], None], tmp_path: Path) -> None:
        program = ForkedProcess(_program, work, tmp_path)
        [process] = wait_until(lambda: [int(each.name) for each in tmp_path.iterdir()], "a process is busy")

        program.kill()

        wait_until(lambda: not _runs(process), "the process has ended")

    def test_of_all_processes_comes_with_the_end_of_the_calculator(self) -> None:
        with closing(ProcessCalculator(2)) as calculator:
            used = calculator.run(os.getpid)

        assert not psutil.pid_exists(used)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system binds no process to a core")
def test_processes_use_the_cores_that_the_program_leaves() -> None:
    own, *others = sorted(os.sched_getaffinity(0))
    with closing(ProcessCalculator(1)) as calculator:
        os.sched_setaffinity(0, {own})
        try:
            used = calculator.run(os.sched_getaffinity, 0)
        finally:
            os.sched_setaffinity(0, {own, *others})

    assert used == (set(others) or {own})


def _children() -> set[int]:
    own = psutil.Process().children()
    return {each.pid for each in own if "adapters.system.calculating_process" in each.cmdline()}


def _runs(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _program(work: Callable[[Path], None], folder: Path) -> None:
    ProcessCalculator(1).run(work, folder / "go")
