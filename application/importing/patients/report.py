"""What became of the rows of an import of patients."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class RowOutcome(StrEnum):
    """How a row ended: a patient of its own, somebody who is there already, or nobody."""

    REGISTERED = "registered"
    MATCHED = "matched"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know of one row: a stable reason, the column where there is one, whom it is about. Never a value of a person."""

    line: int
    outcome: RowOutcome
    reason: str
    column: str = ""
    patient_id: UUID | None = None


@dataclass(slots=True)
class Tally:
    """``registered`` counts those whom this run registered, ``registered_before`` those of earlier runs of the same import,
    ``already_there`` those whom another import of the same source brought.
    """

    registered: int = 0
    registered_before: int = 0
    already_there: int = 0
    matched: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        return self.registered + self.registered_before + self.already_there + self.matched + self.refused

    def add(self, other: "Tally") -> None:
        self.registered += other.registered
        self.registered_before += other.registered_before
        self.already_there += other.already_there
        self.matched += other.matched
        self.refused += other.refused
        self.reasons.update(other.reasons)
