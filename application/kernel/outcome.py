"""The result of a command."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.kernel.aggregate import Aggregate

T = TypeVar("T", bound=Aggregate)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """The aggregate as the command left it, and the log position to wait for in read models.

    A repeated command returns the aggregate as it was after the first time, not as it is now.
    """

    aggregate: T
    position: int
