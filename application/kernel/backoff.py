"""Exponential backoff with jitter."""

from collections.abc import Callable
from datetime import timedelta
from random import SystemRandom
from typing import Final

SHORTEST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
by_chance: Final = SystemRandom().random


def backoff(failures: int, chance: Callable[[], float] = by_chance) -> timedelta:
    """Return the pause after a failure: 5 s, doubled each time up to an hour, with 25 % jitter."""
    doublings = min(max(failures, 1) - 1, 20)
    return min(SHORTEST_PAUSE * (1 << doublings), LONGEST_PAUSE) * (0.75 + chance() / 2)
