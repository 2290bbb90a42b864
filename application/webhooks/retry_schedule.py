"""When a message that was not accepted is sent again, and for how long."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from application.kernel.backoff import backoff, by_chance

GIVE_UP_AFTER: Final = timedelta(hours=72)
"""Counted from a message's first attempt, so that a message which waited behind another one has as
long.
"""
MOST_PATIENT: Final = timedelta(hours=6)
"""The longest pause that a receiver can ask for by Retry-After."""


def next_attempt(
    attempts: int,
    now: datetime,
    retry_after: timedelta | None = None,
    chance: Callable[[], float] = by_chance,
) -> datetime:
    """Return when to send again after so many attempts. A receiver that asks for more time gets it,
    up to six hours.
    """
    pause = backoff(attempts, chance)
    if retry_after is not None:
        pause = max(pause, min(retry_after, MOST_PATIENT))
    return now + pause


def is_given_up(first_attempt: datetime, now: datetime) -> bool:
    """Return whether a message that was first sent then is not sent again."""
    return now - first_attempt >= GIVE_UP_AFTER
