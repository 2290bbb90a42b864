"""What a command answers."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.kernel.aggregate import Aggregate

T = TypeVar("T", bound=Aggregate)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """The thing as the command left it, and the log position to wait for before reading it elsewhere.

    A repeated command answers with the thing as it was after the first time, not as it is now.
    """

    thing: T
    position: int
