"""A power cut: the disk holds what was synced, and nothing else.

Each acknowledged command must be there afterwards. On a disk that does not sync some must be
missing: otherwise the cut would show nothing.
"""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psutil
import pytest

from tests.e2e import log_checks
from tests.e2e.disks import Disk, loop_disk, preloaded_disk
from tests.e2e.http_practice import OpenPractice, open_practice
from tests.e2e.scheduler_process import SchedulerProcess
from tests.e2e.writing_clients import CommandLog
from tests.support.container import open_container
from tests.support.forked_process import ForkedProcess
from tests.support.paths import ROOT
from tests.support.wait_until import wait_until

NOW = datetime(2026, 6, 1, 6, tzinfo=UTC)
ENOUGH = 40
"""Commands, after which the power is cut."""


class ProgramOnDisk(SchedulerProcess):
    """Its first start is in a new interpreter with the disk's environment, the next are without."""

    def start_on(self, disk: Disk) -> None:
        self.output.touch()
        environment = {**self._scheduler.environment, **disk.environment}
        self._process = ForkedProcess(execute, environment, self.output)

    def cut_power(self, disk: Disk) -> None:
        assert self._process is not None
        program, postmaster = psutil.Process(self._process.pid), self.postmaster()
        roots = [program] if postmaster is None else [postmaster, program]
        disk.cut_power([each for one in roots for each in (one, *one.children(recursive=True))])
        self._process.wait()


def execute(environment: Mapping[str, str], output: Path) -> None:
    """Turn this process into the program, with a library that is loaded before all others."""
    file = os.open(output, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "-c", "from api.cli.main import main; main()", "serve"], environment)  # noqa: S606


@pytest.mark.timeout(600)
@pytest.mark.parametrize("syncs", [True, False], ids=["with fsync", "without fsync"])
@pytest.mark.parametrize("make_disk", [preloaded_disk, loop_disk])
def test_a_power_cut_loses_nothing_if_and_only_if_the_disk_syncs(
    tmp_path: Path, make_disk: Callable[[Path], AbstractContextManager[Disk]], syncs: bool
) -> None:
    """The database is a few seconds old, as it is when a first trial of the program ends badly."""
    with make_disk(tmp_path) as disk:
        program = ProgramOnDisk(tmp_path, NOW)
        missing = missing_after_a_cut(program, disk, syncs=syncs)

    assert (missing == 0) == syncs
    assert "Traceback" not in program.output.read_text()


def missing_after_a_cut(program: ProgramOnDisk, disk: Disk, *, syncs: bool) -> int:
    """Cut the power under acknowledged commands; return how many of them are lost."""
    try:
        program.start_on(disk)
        program.wait_until_ready()
        studio = open_practice(program, "Studio")
        ledger = CommandLog(program.port, [studio], NOW)
        if not syncs:
            disk.stop_syncing(program)
        with ledger.clients(4, Random(7)):
            wait_until(lambda: len(ledger.carried_out(studio)) >= ENOUGH, "enough commands are carried out")
        program.cut_power(disk)
        program.start()
        program.wait_until_ready()

        return missing_commands(program, ledger, studio)
    except BaseException as fault:
        fault.add_note(program.output_tail())
        raise
    finally:
        program.terminate()


def missing_commands(program: SchedulerProcess, ledger: CommandLog, studio: OpenPractice) -> int:
    """Return how many acknowledged commands are lost; if none is, check the log that is left."""
    with open_container(program.database) as container:
        events = log_checks.log_of(container, studio)
        acknowledged = ledger.carried_out(studio)
        missing = sum(command.position > len(events) for command in acknowledged)
        if not missing:
            log_checks.check_acknowledged(events, studio, acknowledged)
            log_checks.check_claims(container, studio, log_checks.fold(events))
        assert container.log_verifier.verify(studio.id) is None, "the chain is broken"
    return missing
