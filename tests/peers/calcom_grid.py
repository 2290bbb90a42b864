"""cal.com's grid begins at the next full part of the hour; our hours open then."""

from datetime import datetime, timedelta
from typing import Final

_PARTS: Final = (60, 30, 20, 15, 10, 5)
"""Of an hour, in minutes: the largest that a step is a multiple of."""


def aligned(begins: datetime, step: int) -> datetime:
    part = next((part for part in _PARTS if step % part == 0), 1)
    return begins + timedelta(minutes=-begins.minute % part)
