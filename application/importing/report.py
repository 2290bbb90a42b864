"""What became of the rows of an import."""

from collections import Counter
from dataclasses import dataclass, field

from application.importing.mapping import Result
from application.importing.rows import Refusal


@dataclass(slots=True)
class Done:
    """``booked`` counts this run's bookings by their result; ``already_there`` are those of earlier runs."""

    booked: Counter[Result] = field(default_factory=Counter)
    already_there: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def add(self, other: "Done") -> None:
        self.booked.update(other.booked)
        self.already_there += other.already_there
        self.refusals += other.refusals

    def refused_by_reason(self) -> dict[str, int]:
        """Return how many rows were refused, for each reason, the most frequent first."""
        return dict(Counter(refusal.reason for refusal in self.refusals).most_common())
