"""Processes of the tests, forked from one that has imported the program.

Importing it takes longer than most commands. Tests of `serve` also cover a start with a new
interpreter: the program starts its projector like that.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from subprocess import TimeoutExpired

_FORKS = multiprocessing.get_context("forkserver")


def preload_program() -> None:
    """Let the fork server import the program.

    A process has one fork server. Call this once all modules of tests are imported: one of them may
    have set what the server imports, and the last setting before its first process applies.
    """
    _FORKS.set_forkserver_preload(["tests.support.preloaded"])


class ForkedProcess:
    """A process that runs a function, with the methods of ``subprocess.Popen`` that tests need."""

    def __init__(self, target: Callable[..., object], *arguments: object) -> None:
        """Start it; the target and the arguments are pickled."""
        self._process = _FORKS.Process(target=target, args=arguments)
        self._process.start()
        self._waiting = threading.Lock()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; threads may wait together.

        Raises TimeoutExpired: the process is still running.
        """
        with self._waiting:
            self._process.join(timeout)
        if (code := self._process.exitcode) is None:
            raise TimeoutExpired(self._process.name, timeout or 0)
        return code

    def interrupt(self) -> None:
        """Do what Ctrl-C does."""
        os.kill(self.pid, signal.SIGINT)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()
