"""Keeps the projector's process and the embedded database running during `scheduler serve`."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from api.processes.cores import Cores

PROJECTOR: Final = (sys.executable, "-m", "api.cli.main", "project", "--until-eof", "--with-work")
_LOOK_SECONDS: Final = 0.25
_SHORTEST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_HEALTHY_SECONDS: Final = 60.0
"""A child that ran this long is restarted without a pause."""
_LEAVE_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)


class Supervisor:
    """Runs a child process until the block ends, and restarts it when it dies.

    The child must end when its standard input closes, so that it never outlives this process.
    ``repair`` is called four times a second, to restart the database if needed.
    """

    def __init__(self, command: Sequence[str], repair: Callable[[], None], cores: Cores | None = None) -> None:
        """``cores`` divides the CPU between this process and the child."""
        self._command = command
        self._repair = repair
        self._cores = cores
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="supervisor", daemon=True)

    def __enter__(self) -> "Supervisor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(2 * _LEAVE_SECONDS)

    def _keep(self) -> None:
        if self._cores:
            self._cores.roam()  # a restarted database must not be restricted to one core
        pause = 0.0
        while not self._stop.is_set():
            began = time.monotonic()
            child = subprocess.Popen(self._command, stdin=subprocess.PIPE)
            if self._cores:
                self._cores.leave_to_others(child.pid)
            while child.poll() is None and not self._stop.wait(_LOOK_SECONDS):
                self._repair_safely()
            if self._stop.is_set():
                _end(child)
                return
            if time.monotonic() - began > _HEALTHY_SECONDS:
                pause = 0.0
            _log.warning("the projector ended with %s; restarting it", child.returncode)
            _end(child)
            self._wait(pause)
            pause = min(max(2 * pause, _SHORTEST_PAUSE), _LONGEST_PAUSE)

    def _wait(self, seconds: float) -> None:
        """Wait and repair: the child may have died because of the database."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._stop.wait(_LOOK_SECONDS):
            self._repair_safely()

    def _repair_safely(self) -> None:
        try:
            self._repair()
        except Exception as error:  # retried soon; a failure must not end the supervisor
            _log.warning("the database could not be restarted yet: %s", error)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Close the child's input; kill the child if it does not end in time."""
    if child.stdin:
        child.stdin.close()
    try:
        child.wait(_LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
