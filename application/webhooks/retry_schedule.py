"""When a message that was not taken is sent again, and for how long."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Final

GIVE_UP_AFTER: Final = timedelta(hours=72)
"""Counted from a message's first attempt, so that what waited behind another one has as long."""
SHORTEST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
MOST_PATIENT: Final = timedelta(hours=6)
"""The longest pause that a receiver can ask for by Retry-After."""
_chance: Final = SystemRandom().random


def next_attempt(
    attempts: int,
    now: datetime,
    retry_after: timedelta | None = None,
    chance: Callable[[], float] = _chance,
) -> datetime:
    """Return when to send again after so many attempts: after 5 s, twice as long each time, an hour at most.

    A quarter more or less by chance, so that receivers that were away together are not all asked at once. A receiver that asks for
    more time gets it, up to six hours.
    """
    doublings = min(max(attempts, 1) - 1, 20)
    pause = min(SHORTEST_PAUSE * (1 << doublings), LONGEST_PAUSE) * (0.75 + chance() / 2)
    if retry_after is not None:
        pause = max(pause, min(retry_after, MOST_PATIENT))
    return now + pause


def is_given_up(first_attempt: datetime, now: datetime) -> bool:
    """Tell whether a message that was first sent then is not sent again."""
    return now - first_attempt >= GIVE_UP_AFTER
