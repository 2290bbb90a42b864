"""What `scheduler serve` keeps alive beside itself: the projector's process, which sends webhooks too, and the embedded database."""

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
"""A child that lived this long failed for a new reason: it is started again at once."""
_LEAVE_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)


class Supervisor:
    """Runs a child process for as long as the block lasts, and brings it back when it dies.

    The child ends when its standard input does, so it never outlives this process, however this one ends. ``mend`` is called
    several times a second, to bring back whatever else may have died; it returns quickly when all is well.
    """

    def __init__(self, command: Sequence[str], mend: Callable[[], None], cores: Cores | None = None) -> None:
        """``cores`` are how the processor is divided between this process and the child."""
        self._command = command
        self._mend = mend
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
            self._cores.roam()  # a database that is brought back must not be kept to one core
        pause = 0.0
        while not self._stop.is_set():
            began = time.monotonic()
            child = subprocess.Popen(self._command, stdin=subprocess.PIPE)
            if self._cores:
                self._cores.leave_to_others(child.pid)
            while child.poll() is None and not self._stop.wait(_LOOK_SECONDS):
                self._mend_safely()
            if self._stop.is_set():
                _end(child)
                return
            if time.monotonic() - began > _HEALTHY_SECONDS:
                pause = 0.0
            _log.warning("the projector ended with %s; starting it again", child.returncode)
            _end(child)
            self._wait(pause)
            pause = min(max(2 * pause, _SHORTEST_PAUSE), _LONGEST_PAUSE)

    def _wait(self, seconds: float) -> None:
        """Wait, mending meanwhile: what the child lacks may be what is mended."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._stop.wait(_LOOK_SECONDS):
            self._mend_safely()

    def _mend_safely(self) -> None:
        try:
            self._mend()
        except Exception as error:  # tried again in a moment; one failure must not end the watch
            _log.warning("the database could not be brought back yet: %s", error)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Close the child's input, which asks it to end, and make sure that it does."""
    if child.stdin:
        child.stdin.close()
    try:
        child.wait(_LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
