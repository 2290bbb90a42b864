"""`scheduler serve` in a process of its own, which a test may kill and start again."""

import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from typing import Any

import psutil
import psycopg

from tests.support.database import Database
from tests.support.forked_process import ForkedProcess
from tests.support.scheduler_command import SchedulerCommand, http_status, projectors_of
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until


class SchedulerProcess:
    def __init__(self, folder: Path, now: datetime) -> None:
        """``now`` is the fixed time of the program's clock."""
        self.data = folder / "data"
        self.output = folder / "program.log"
        self.port = _free_port()
        self._metrics_port = _free_port()
        self._scheduler = SchedulerCommand(
            self.data,
            SCHEDULER_PORT=str(self.port),
            SCHEDULER_METRICS_PORT=str(self._metrics_port),
            SCHEDULER_NOW=now.isoformat(),
        )
        self._process: ForkedProcess | None = None

    def start(self) -> None:
        self._process = self._scheduler.start("serve", output=self.output)

    def wait_until_ready(self) -> None:
        wait_until(self.is_ready, "the program is ready", self.output_tail)

    def is_ready(self) -> bool:
        """Raises AssertionError: the program has ended."""
        assert self._process is not None
        assert self._process.poll() is None, f"the program ended:\n{self.output_tail()}"
        return http_status(f"http://127.0.0.1:{self.port}/readyz") == 200

    def metrics(self) -> str:
        """Return the metrics in the Prometheus text format."""
        address = f"http://127.0.0.1:{self._metrics_port}/metrics"
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
            return str(answer.read().decode())

    def kill(self) -> None:
        """Kill the started process; its children must notice and end.

        Raises AssertionError: a child is still running.
        """
        assert self._process is not None
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        self._process.wait(TIMEOUT_SECONDS)
        _, alive = psutil.wait_procs(children, TIMEOUT_SECONDS)
        assert not alive, f"outlived the program that started them: {alive}"

    def stop(self) -> None:
        """Interrupt the program, as Ctrl-C does. Raises AssertionError: it did not end cleanly."""
        assert self._process is not None
        self._process.interrupt()
        assert self._process.wait(TIMEOUT_SECONDS) == 0, self.output_tail()

    def projector(self) -> psutil.Process | None:
        """Return the projector process, or None if it does not run at this moment."""
        assert self._process is not None
        return next(iter(projectors_of(self._process)), None)

    def postmaster(self) -> psutil.Process | None:
        return self._scheduler.find_postmaster()

    def command(self, *arguments: str) -> str:
        """Run another command on the same data folder and return its output.

        Raises AssertionError: the command failed.
        """
        done = self._scheduler.run(*arguments)
        with self.output.open("a") as output:
            output.write(done.stderr)
        return done.stdout

    @property
    def database(self) -> Database:
        return self._scheduler.database

    def superuser(self) -> AbstractContextManager["psycopg.Connection[tuple[Any, ...]]"]:
        """Connect to the log database as superuser, in autocommit mode."""
        return self._scheduler.superuser()

    def output_tail(self) -> str:
        return self.output.read_text(errors="replace")[-3000:]

    def terminate(self) -> None:
        """End the program and its database, in any state."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._scheduler.stop_database()


@contextmanager
def running_scheduler(folder: Path, now: datetime) -> Iterator[SchedulerProcess]:
    """Run the program until the block ends."""
    program = SchedulerProcess(folder, now)
    try:
        program.start()
        program.wait_until_ready()
        yield program
    finally:
        program.terminate()


def _free_port() -> int:
    """Return a port that no other test takes while the program is down.

    Linux assigns ports for outgoing connections from 32768 up (``ip_local_port_range``).
    """
    while True:
        port = SystemRandom().randrange(20_000, 32_768)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
