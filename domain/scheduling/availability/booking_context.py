"""What a practice's log knows at one position, as far as a booking depends on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.scheduling.time_claim import TimeClaim


@dataclass(frozen=True, slots=True)
class BookingContext:
    """One consistent read.

    ``catalogue_position`` is that of the newest event that changed what can be booked.
    ``subject_events`` are the topics and unsealed bodies of the patient's events, if a patient was
    named; ``is_command_recorded`` answers for the command named. ``claims`` are busy times, in no
    order.
    """

    position: int
    catalogue_position: int
    subject_events: Sequence[tuple[str, Mapping[str, Any]]]
    is_command_recorded: bool
    claims: Sequence[TimeClaim]
