"""How tests wait: for what must come about, never for a time in which it should have."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

TIMEOUT_SECONDS = 120.0
"""The limit of each wait, reached only by failing tests: a slow machine may pause for seconds."""


def wait_until(poll: Callable[[], T], description: str, details: Callable[[], object] = str) -> T:
    """Return the first true result of ``poll``, called every 10 ms.

    Raises AssertionError after TIMEOUT_SECONDS, with ``details()`` in the message.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not (found := poll()):
        assert time.monotonic() < deadline, f"not within {TIMEOUT_SECONDS:.0f} s: {description}\n{details()}"
        time.sleep(0.01)
    return found
