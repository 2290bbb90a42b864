"""Cores of the processor: one that answers requests, and the others, for all that runs beside it. See ADR 0037."""

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
"""A core by its number, one that no other program of ours holds, or wherever the system likes."""


@dataclass(frozen=True, slots=True)
class Cores:
    """How the cores that this process may use are divided. Each method is a preferences: where the machine has changed, nothing happens."""

    own: int
    all: frozenset[int]

    def keep_to_own(self) -> None:
        """Let every thread that this process has, and what they start from now on, run on our own core alone."""
        for thread in threading.enumerate():
            if thread.native_id is not None:
                _run_on({self.own}, thread.native_id)

    def roam(self) -> None:
        """Let this thread, and what it starts from now on, run on all of them."""
        _run_on(self.all, 0)

    def leave_to_others(self, process_id: int) -> None:
        """Let a process that has started just now, and what it starts, run on the others alone."""
        _run_on(self.all - {self.own}, process_id)


def usable_cores() -> frozenset[int]:
    """Return the cores that this process may run on; none where the system, which is not Linux then, does not let it choose."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()


@contextmanager
def core_of_its_own(wanted: WantedCore, usable: Set[int]) -> Iterator[Cores | None]:
    """Hold a core until the block ends; ``usable`` are those to choose from.

    Yields None where it shall be any, where there is one only, or where other programs of ours on this machine hold them all.
    """
    if wanted == "any" or len(usable) < 2:
        yield None
        return
    among = fastest_first(usable) if wanted == "free" else [wanted]
    with socket.socket(socket.AF_UNIX) as claim:
        own = next((core for core in among if _is_claimed(core, claim)), None if wanted == "free" else wanted)
        yield None if own is None else Cores(own, frozenset(usable))


def fastest_first(cores: Set[int], described: Path = Path("/sys/devices/system/cpu")) -> list[int]:
    """Return cores by how fast they can be; in no order where they are alike, or the system does not tell.

    Programs in containers do not see what the others hold: in a fixed order they would all take the same one.
    """

    def top_speed(core: int) -> int:
        # Source: Linux, Documentation/admin-guide/pm/cpufreq.rst. Processors of two kinds of cores differ in it by a third and more.
        try:
            return int((described / f"cpu{core}" / "cpufreq" / "cpuinfo_max_freq").read_text())
        except (OSError, ValueError):
            return 0

    return sorted(random.sample(sorted(cores), len(cores)), key=top_speed, reverse=True)


def _is_claimed(core: int, claim: socket.socket) -> bool:
    """Claim a core. The claim is a name that lies in no file: it is free again however its holder ends."""
    try:
        claim.bind(f"\0scheduler.core.{core}")
    except OSError:
        return False
    return True


def _run_on(cores: Set[int], thread_id: int) -> None:
    with suppress(OSError):
        os.sched_setaffinity(thread_id, cores)
