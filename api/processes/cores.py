"""CPU affinity: one core for requests, the others for all other processes. See ADR 0037."""

import os
import random
import socket
import threading
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

WantedCore: TypeAlias = int | Literal["free", "any"]
"""The number of a core, a core that no other instance has claimed, or no affinity."""


@dataclass(frozen=True, slots=True)
class Cores:
    """The core for requests, and all usable cores.

    Methods do nothing if the system refuses the affinity.
    """

    own: int
    all: frozenset[int]

    def keep_to_own(self) -> None:
        """Restrict all threads of this process, and those they start, to our own core."""
        for thread in threading.enumerate():
            if thread.native_id is not None:
                _run_on({self.own}, thread.native_id)

    def roam(self) -> None:
        """Let this thread, and those it starts, use all usable cores."""
        _run_on(self.all, 0)

    def leave_to_others(self, process_id: int) -> None:
        """Restrict a new process, and those it starts, to the other cores."""
        _run_on(self.all - {self.own}, process_id)


def usable_cores() -> frozenset[int]:
    """Return the cores that this process may use; none on systems without affinity (not Linux)."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()


@contextmanager
def core_of_its_own(wanted: WantedCore, usable: Set[int]) -> Iterator[Cores | None]:
    """Claim one of the usable cores until the block ends.

    Yields None for "any", with a single core, or if other instances have claimed them all.
    """
    if wanted == "any" or len(usable) < 2:
        yield None
        return
    among = fastest_first(usable) if wanted == "free" else [wanted]
    with socket.socket(socket.AF_UNIX) as claim:
        own = next((core for core in among if _is_claimed(core, claim)), None if wanted == "free" else wanted)
        yield None if own is None else Cores(own, frozenset(usable))


def fastest_first(cores: Set[int], described: Path = Path("/sys/devices/system/cpu")) -> list[int]:
    """Return cores by descending top speed; equal ones in random order.

    Containers do not see each other's claims: in a fixed order all would claim one.
    """

    def top_speed(core: int) -> int:
        # Cores of hybrid processors differ. Source: Linux, Documentation/admin-guide/pm/cpufreq.rst
        try:
            return int((described / f"cpu{core}" / "cpufreq" / "cpuinfo_max_freq").read_text())
        except (OSError, ValueError):
            return 0

    return sorted(random.sample(sorted(cores), len(cores)), key=top_speed, reverse=True)


def _is_claimed(core: int, claim: socket.socket) -> bool:
    """Claim a core by an abstract socket name, which the kernel frees when the process ends."""
    try:
        claim.bind(f"\0scheduler.core.{core}")
    except OSError:
        return False
    return True


def _run_on(cores: Set[int], thread_id: int) -> None:
    with suppress(OSError):
        os.sched_setaffinity(thread_id, cores)
