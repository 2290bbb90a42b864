"""A search for free times: all that decides about them, at one position of the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.availability import offered
from domain.scheduling.availability.clinician_choice import (
    ClinicianCandidate,
    ClinicianChoice,
    choose_clinician,
    offered_by_anyone,
)
from domain.scheduling.errors import SchedulingError


class OwnStart(NamedTuple):
    """The start that the caller has already, where other rules apply; ``preferred`` come first."""

    starts_at: datetime
    candidates: Sequence[ClinicianCandidate]
    preferred: Sequence[UUID]


@dataclass(frozen=True)
class SlotSearch:
    """Slots that start in the window; ``is_of_anyone``: with the chosen one of the candidates.

    Plain values, so that another process can search.
    """

    candidates: Sequence[ClinicianCandidate]
    is_of_anyone: bool
    window: TimeRange
    preferred: Sequence[UUID]
    position: int
    own: OwnStart | None = None

    @property
    def most_starts(self) -> int:
        """An upper limit of the starts to look at, which is what a search costs."""
        minutes = self.window.duration // timedelta(minutes=1)
        return sum(minutes // candidate.query.rules.step_minutes + 1 for candidate in self.candidates)

    @cached_property
    def choices(self) -> list[ClinicianChoice]:
        """The slots in order, each start once, with the clinician."""
        if self.is_of_anyone:
            choices = offered_by_anyone(self.candidates, self.window, self.preferred)
        else:
            choices = [
                ClinicianChoice(id, slot) for id, query in self.candidates for slot in offered(query, self.window)
            ]
        own = self.own
        if own is None or not self.window.starts_at <= own.starts_at < self.window.ends_at:
            return choices
        others = [choice for choice in choices if choice.slot.starts_at != own.starts_at]
        try:
            at_own = choose_clinician(own.candidates, own.starts_at, preferred=own.preferred)
        except SchedulingError:
            return others
        return sorted([*others, at_own], key=lambda choice: choice.slot.starts_at)
