"""Optimistic concurrency: a decision that another writer invalidated is made again."""

from collections.abc import Callable
from typing import Final, TypeVar

TRIES: Final = 5

T = TypeVar("T")


class OvertakenError(Exception):
    """Another writer came first. ``refusal`` is the error for the caller."""

    def __init__(self, refusal: Exception) -> None:
        super().__init__()
        self.refusal = refusal


def retry_when_overtaken(decide: Callable[[], T], tries: int = TRIES, conflicts: tuple[type[Exception], ...] = ()) -> T:
    """Return the result of ``decide``, retried on OvertakenError and ``conflicts``.

    Raises what ``decide`` raises; after the last try the conflict, or an OvertakenError's refusal.
    """
    lost: tuple[type[Exception], ...] = (OvertakenError, *conflicts)
    for _ in range(tries - 1):
        try:
            return decide()
        except lost:
            continue
    try:
        return decide()
    except OvertakenError as overtaken:
        raise overtaken.refusal from overtaken
