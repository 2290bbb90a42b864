"""Clocks: the machine's, and a frozen one for tests and demos."""

from dataclasses import dataclass
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock: the only place where the program reads it."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FrozenClock:
    """Always returns ``at``, an aware datetime in UTC."""

    at: datetime

    def now(self) -> datetime:
        return self.at
