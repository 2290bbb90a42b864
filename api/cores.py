"""Cores of the processor: one that answers requests, and the others, for all that runs beside it. See ADR 0037."""

import os
import random
import socket
import threading
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

WantedCore: TypeAlias = int | Literal["free", "any"]
"""A core by its number, one that no other program of ours holds, or wherever the system likes."""


@dataclass(frozen=True, slots=True)
class Cores:
    """How the cores that this process may use are divided. Each method is a wish: where the machine has changed, nothing happens."""

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
    # In no order: programs in containers do not see what the others hold.
    among = random.sample(sorted(usable), len(usable)) if wanted == "free" else [wanted]
    with socket.socket(socket.AF_UNIX) as claim:
        own = next((core for core in among if _is_claimed(core, claim)), None if wanted == "free" else wanted)
        yield None if own is None else Cores(own, frozenset(usable))


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
