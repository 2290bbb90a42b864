"""Optimistic concurrency: a decision that another writer invalidated is made again."""

from collections.abc import Callable
from typing import Final, TypeVar

from application.kernel.errors import StaleVersionError

TRIES: Final = 5
"""How often a command is decided while other writers come first each time."""

T = TypeVar("T")


class OvertakenError(Exception):
    """Another writer came first: the append was refused. ``refusal`` is the error for the caller."""

    def __init__(self, refusal: Exception) -> None:
        super().__init__()
        self.refusal = refusal


def retry_when_overtaken(decide: Callable[[], T], tries: int = TRIES) -> T:
    """Return the result of ``decide``, called again each time its append is overtaken.

    Raises what ``decide`` raises; after the last try, the refusal that overtook it.
    """
    for remaining in reversed(range(tries)):
        try:
            return decide()
        except OvertakenError as overtaken:
            if not remaining:
                raise overtaken.refusal from overtaken
    raise ValueError("at least one try is needed")


def retry_on_stale(
    decide: Callable[[], T],
    expected_version: int | None = None,
    tries: int = TRIES,
    overtaken: tuple[type[Exception], ...] = (StaleVersionError,),
) -> T:
    """Return the result of ``decide``, called again on the errors in ``overtaken`` unless a version was named."""
    for _ in range(tries - 1 if expected_version is None else 0):
        try:
            return decide()
        except overtaken:
            continue
    return decide()
