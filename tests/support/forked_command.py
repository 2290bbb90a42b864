"""Commands of the program, each in a process forked from one that has imported the program.

Importing it takes longer than most commands. The program starts its own projector with a new
interpreter, so that tests of `serve` cover that as well.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired

from api.cli.main import main

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["api.app", "api.bootstrap.container", __name__])


@dataclass(frozen=True)
class Invocation:
    """What a shell would pass on; ``stdin``, ``stdout`` and ``stderr`` are files.

    Output is appended.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    stdin: Path
    stdout: Path
    stderr: Path

    def run(self) -> None:
        """Turn this process into the command; ends with SystemExit."""
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        output = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        streams = [(self.stdin, os.O_RDONLY), (self.stdout, output), (self.stderr, output)]
        for number, (path, flags) in enumerate(streams):
            descriptor = os.open(path, flags)
            os.dup2(descriptor, number)
            os.close(descriptor)
        sys.stdin = os.fdopen(0)
        sys.argv = ["scheduler", *self.arguments]
        main()


class ForkedCommand:
    """A running command, with the methods of ``subprocess.Popen`` that the tests need."""

    def __init__(self, invocation: Invocation) -> None:
        self._process = _FORKS.Process(target=invocation.run)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code. Raises TimeoutExpired: it still runs."""
        self._process.join(timeout)
        if (code := self._process.exitcode) is None:
            raise TimeoutExpired("scheduler", timeout or 0)
        return code

    def interrupt(self) -> None:
        """Do what Ctrl-C does."""
        os.kill(self.pid, signal.SIGINT)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()
