"""How tests wait: for what must come about, never for a time in which it should have."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 60.0
"""The last bound of every wait, reached only where a test fails: a machine may be slow, or stand still for ten seconds."""


def until(told: Callable[[], T], what: str, otherwise: Callable[[], object] = str) -> T:
    """Return the first thing told that is true. Raises AssertionError: none was; ``otherwise`` tells what is known."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not (found := told()):
        assert time.monotonic() < deadline, f"not within {TIMEOUT_SECONDS:.0f} s: {what}\n{otherwise()}"
        time.sleep(0.01)
    return found
