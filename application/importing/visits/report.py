"""What became of the rows of an import of appointments."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from application.importing.rows import Refusal
from domain.scheduling.appointments.status import Status


class Kind(StrEnum):
    """What a file calls by its name, and the practice has to have."""

    LOCATION = "location"
    CLINICIAN = "clinician"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Named:
    """Something that rows name and that the practice has not, or had not: how many rows, and under which id it is made."""

    kind: Kind
    name: str
    rows: int
    id: UUID


@dataclass(slots=True)
class VisitTally:
    """``booked`` counts this run's visits by what they are now, ``booked_before`` those of earlier runs of the same import.

    ``matched`` are rows of visits that were there already: from another file, or booked by people. ``beside`` are the lines of visits
    that share their clinician's time with others, ``roomless`` of those to come for which not all was free that their service requires.
    """

    booked: Counter[Status] = field(default_factory=Counter)
    booked_before: int = 0
    matched: int = 0
    beside: list[int] = field(default_factory=list)
    roomless: list[int] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def made(self) -> int:
        return self.booked.total() + self.booked_before

    @property
    def rows(self) -> int:
        return self.made + self.matched + len(self.refusals)

    def add(self, other: "VisitTally") -> None:
        self.booked.update(other.booked)
        self.booked_before += other.booked_before
        self.matched += other.matched
        self.beside += other.beside
        self.roomless += other.roomless
        self.refusals += other.refusals

    def refuse(self, line: int, reason: str, column: str = "") -> None:
        self.refusals.append(Refusal(line, "", reason, column))

    def refused_by_reason(self) -> dict[str, int]:
        """Return how many rows were refused, for each reason, the most frequent first."""
        return dict(Counter(refusal.reason for refusal in self.refusals).most_common())
