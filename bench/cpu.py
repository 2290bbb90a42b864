"""CPU time of process trees."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import psutil
from psycopg import Connection

TICK_SECONDS: Final = 0.01
"""The kernel counts in ticks of this size: measure for at least a second."""


class CpuMeter:
    """Measures the CPU time of named process trees.

    A tree is a process and its descendants. The time of a child that has ended is in its parent's
    count. Trees must not overlap.
    """

    def __init__(self, roots: Mapping[str, int]) -> None:
        """``roots`` gives the process id at the root of each named tree."""
        self._roots = {name: psutil.Process(pid) for name, pid in roots.items()}
        self._before = self._read()

    def restart(self) -> None:
        self._before = self._read()

    def used(self) -> dict[str, float]:
        """Return the seconds of CPU since the last (re)start, by name."""
        now = self._read()
        return {name: now[name] - self._before[name] for name in now}

    def _read(self) -> dict[str, float]:
        return {name: _seconds(root) for name, root in self._roots.items()}


def server_process(connection: Connection[Any]) -> int:
    """Return the process id of the local PostgreSQL server of a connection."""
    parent = psutil.Process(connection.info.backend_pid).parent()
    assert parent is not None, "a backend is always a child of its server"
    return parent.pid


def peak_memory_bytes(process: psutil.Process) -> int:
    """Return the peak resident memory of a process. Source: proc(5), VmHWM."""
    with open(f"/proc/{process.pid}/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _seconds(root: psutil.Process) -> float:
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total
