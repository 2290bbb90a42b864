"""A power cut: the disk holds what was synced, and nothing else.

The program and PostgreSQL run with `volatile_disk.c` preloaded, which needs a C compiler. Each
acknowledged command must be there afterwards. On a disk without a working fsync some must be
missing: otherwise the cut would show nothing.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from random import Random

import psutil
import pytest

from tests.e2e import log_checks
from tests.e2e.http_practice import OpenPractice, open_practice
from tests.e2e.scheduler_process import SchedulerProcess
from tests.e2e.writing_clients import CommandLog
from tests.support.container import open_container
from tests.support.forked_process import ForkedProcess
from tests.support.paths import ROOT
from tests.support.wait_until import wait_until

COMPILER = shutil.which("cc")
SOURCE = Path(__file__).with_name("volatile_disk.c")
NOW = datetime(2026, 6, 1, 6, tzinfo=UTC)
ENOUGH = 40
"""Commands, after which the power is cut."""


class VolatileDisk:
    """``synced / "tree"`` is what a power cut leaves of the data folder."""

    def __init__(self, folder: Path) -> None:
        assert COMPILER is not None
        self.data, self.synced, library = folder / "data", folder / "synced", folder / "volatile.so"
        subprocess.run([COMPILER, "-O1", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
        for made in (self.synced, self.synced / "tree", self.synced / "contents"):
            made.mkdir()
            made.chmod(0o777)  # PostgreSQL has an account of its own
        (self.synced / "lock").touch()
        (self.synced / "lock").chmod(0o666)
        self.environment = {
            "LD_PRELOAD": str(library),
            "VOLATILE_DISK_ROOT": str(self.data),
            "VOLATILE_DISK_COPY": str(self.synced),
        }

    def forget_everything_from_now_on(self) -> None:
        (self.synced / "deaf").touch()

    def cut_power(self, program: psutil.Process, postmaster: psutil.Process | None) -> None:
        """Kill all processes while none of them syncs, and leave what was synced."""
        with ExitStack() as stack:
            lock = stack.enter_context((self.synced / "lock").open())
            flock(lock, LOCK_EX)
            roots = [program] if postmaster is None else [postmaster, program]
            processes = [each for one in roots for each in (one, *one.children(recursive=True))]
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(processes)
        shutil.rmtree(self.data)
        subprocess.run(["cp", "-a", self.synced / "tree", self.data], check=True)


class ProgramOnDisk(SchedulerProcess):
    """Its first start is with the library, in a new interpreter; the next ones are without."""

    def start_on(self, disk: VolatileDisk) -> None:
        self.output.touch()
        environment = {**self._scheduler.environment, **disk.environment}
        self._process = ForkedProcess(execute, environment, self.output)

    def cut_power(self, disk: VolatileDisk) -> None:
        assert self._process is not None
        disk.cut_power(psutil.Process(self._process.pid), self.postmaster())
        self._process.wait()


def execute(environment: Mapping[str, str], output: Path) -> None:
    """Turn this process into the program, with a library that is loaded before all others."""
    file = os.open(output, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "-c", "from api.cli.main import main; main()", "serve"], environment)  # noqa: S606


@pytest.mark.timeout(600)
@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
@pytest.mark.parametrize("is_deaf", [False, True], ids=["with fsync", "without fsync"])
def test_a_power_cut_loses_nothing_if_and_only_if_the_disk_syncs(tmp_path: Path, is_deaf: bool) -> None:
    """The database is a few seconds old, as it is when a first trial of the program ends badly."""
    disk, program = VolatileDisk(tmp_path), ProgramOnDisk(tmp_path, NOW)
    try:
        program.start_on(disk)
        program.wait_until_ready()
        studio = open_practice(program, "Studio")
        ledger = CommandLog(program.port, [studio], NOW)
        if is_deaf:
            disk.forget_everything_from_now_on()
        with ledger.clients(4, Random(7)):
            wait_until(lambda: len(ledger.carried_out(studio)) >= ENOUGH, "enough commands are carried out")
        program.cut_power(disk)
        program.start()
        program.wait_until_ready()

        missing = missing_commands(program, ledger, studio)
    except BaseException as fault:
        fault.add_note(program.output_tail())
        raise
    finally:
        program.terminate()

    assert (missing > 0) == is_deaf
    assert "Traceback" not in program.output.read_text()


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
