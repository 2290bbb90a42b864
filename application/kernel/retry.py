"""What was free when it was asked for, and taken when it was to be claimed: then it is decided anew."""

from collections.abc import Callable
from typing import TypeVar

from application.kernel.handlers import TRIES, retry_on_stale

T = TypeVar("T")


class OvertakenError(Exception):
    """What was free, and within the limits, when it was asked for was not when it was to be claimed; ``refusal`` says so."""

    def __init__(self, refusal: Exception) -> None:
        super().__init__()
        self.refusal = refusal


def retry_when_overtaken(decide: Callable[[], T], tries: int = TRIES) -> T:
    """Return what ``decide`` returns, asked again each time that it is overtaken, so often in all.

    If another is always first, the last look says why not: raises the refusal that overtook it, and what else ``decide`` raises.
    """
    try:
        return retry_on_stale(decide, tries=tries, overtaken=(OvertakenError,))
    except OvertakenError as overtaken:
        raise overtaken.refusal from overtaken
