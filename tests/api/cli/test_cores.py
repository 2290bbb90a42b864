"""`scheduler serve` divides the processor: one core answers requests, the others do all else."""

import os
from itertools import count
from pathlib import Path

import psutil

from api.processes.cores import core_of_its_own, fastest_first, usable_cores
from tests.support.scheduler_command import SchedulerCommand, http_status, projectors_of
from tests.support.wait_until import wait_until

USABLE = usable_cores()
FIRST = min(USABLE)
OTHERS = USABLE - {FIRST} or USABLE
"""Where there is one core only, nothing is divided, and all of this is true as well."""

_numbers = count(os.getpid() * 1000)


def fictitious_cores(number: int) -> set[int]:
    """Return cores that no machine has, so that no program holds them."""
    return {next(_numbers) for _ in range(number)}


class TestCoreOfItsOwn:
    def test_is_another_one_for_each_program_and_none_once_all_are_held(self) -> None:
        cores = fictitious_cores(2)
        with core_of_its_own("free", cores) as one, core_of_its_own("free", cores) as other:
            assert one
            assert other
            assert {one.own, other.own} == cores
            with core_of_its_own("free", cores) as third:
                assert third is None

        with core_of_its_own("free", cores) as free_again:
            assert free_again

    def test_is_the_one_that_is_wanted_even_if_another_holds_it(self) -> None:
        cores = fictitious_cores(3)
        for wanted in cores:
            with core_of_its_own(wanted, cores) as one, core_of_its_own(wanted, cores) as other:
                assert one
                assert one == other
                assert one.own == wanted

    def test_is_none_where_it_shall_be_any_or_there_is_but_one(self) -> None:
        cores, [only] = fictitious_cores(2), fictitious_cores(1)
        with core_of_its_own("any", cores) as any_core, core_of_its_own("free", {only}) as first:
            assert any_core is first is None
        with core_of_its_own(only, {only}) as wanted, core_of_its_own("free", set()) as unknown:
            assert wanted is unknown is None


class TestFastestFirst:
    def test_puts_the_slow_ones_of_a_processor_with_two_kinds_last(self, tmp_path: Path) -> None:
        for core, speed in {0: "3800000", 1: "3800000", 2: "5100000", 3: "5300000"}.items():
            folder = tmp_path / f"cpu{core}" / "cpufreq"
            folder.mkdir(parents=True)
            (folder / "cpuinfo_max_freq").write_text(speed)

        order = fastest_first({0, 1, 2, 3}, tmp_path)

        assert order[:2] == [3, 2]
        assert set(order[2:]) == {0, 1}

    def test_begins_with_any_where_they_are_alike(self, tmp_path: Path) -> None:
        cores = fictitious_cores(4)

        assert {fastest_first(cores, tmp_path)[0] for _ in range(200)} == cores


class TestServe:
    def test_answers_on_one_core_and_leaves_the_others_to_all_else(self, tmp_path: Path) -> None:
        own = SchedulerCommand(tmp_path / "data", SCHEDULER_PORT="0", SCHEDULER_CORE=str(FIRST))
        output = tmp_path / "output"
        process = own.start("serve", "--demo", output=output)
        try:
            wait_until(lambda: "Ctrl-C" in output.read_text(), "the banner is shown")
            address, key = (
                next(word for word in output.read_text().split() if word.startswith(start)) for start in ("http", "sk_")
            )
            wait_until(lambda: http_status(f"{address}/v1/services", key) == 200, "it answers")
            [projector] = projectors_of(process)
            first_postmaster = own.postmaster()

            on = [os.sched_getaffinity(thread.id) for thread in psutil.Process(process.pid).threads()]
            assert on.count({FIRST}) >= len(on) - 1, "all but the one that watches"
            assert cores_of(projector) == OTHERS
            assert cores_of(first_postmaster) == USABLE

            first_postmaster.kill()
            projector.kill()
            wait_until(lambda: http_status(f"{address}/v1/services", key) == 200, "the database came back")
            wait_until(lambda: projectors_of(process) not in ([], [projector]), "the projector came back")
            assert cores_of(own.postmaster()) == USABLE
            [projector] = projectors_of(process)
            wait_until(lambda: cores_of(projector) == OTHERS, "the new one keeps away, too")
            wait_until(lambda: http_status(f"{address}/readyz") == 200, "it works from there")
            assert "SCHEDULER_CORE" not in output.read_text(), "what answers requests is no business of the projector's"
        finally:
            process.kill()
            process.wait()
            own.stop_database()

    def test_refuses_a_core_that_it_may_not_use(self, tmp_path: Path) -> None:
        refused = SchedulerCommand(tmp_path / "data", SCHEDULER_CORE="100000").run("serve", expect=2)

        assert "SCHEDULER_CORE" in refused.stderr
        assert ", ".join(map(str, sorted(USABLE))) in refused.stderr
        assert not (tmp_path / "data").exists()


def cores_of(process: psutil.Process) -> set[int]:
    """Return the cores on which any thread of a process, or of what it started, may run."""
    family = [process, *process.children(recursive=True)]
    return {core for each in family for thread in each.threads() for core in os.sched_getaffinity(thread.id)}
