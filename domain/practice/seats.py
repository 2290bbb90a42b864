"""The number of seats in a group session."""

from dataclasses import dataclass
from typing import Final

from domain.kernel.errors import InvalidValueError

MAX_SEATS: Final = 500


@dataclass(frozen=True, slots=True)
class SeatsOffered:
    """A service's default number of seats, if any. Raises InvalidValueError."""

    number: int | None = None

    def __post_init__(self) -> None:
        if self.number is not None:
            checked_seats(self.number)


NO_SEATS: Final = SeatsOffered()


def checked_seats(seats: int) -> int:
    """Return the number unchanged. Raises InvalidValueError: under 1 or over 500."""
    if not 1 <= seats <= MAX_SEATS:
        raise InvalidValueError("seats", f"seats is at least 1 and at most {MAX_SEATS}")
    return seats
