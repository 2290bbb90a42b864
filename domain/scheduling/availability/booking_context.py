"""What a practice's log knows at one position, as far as a booking depends on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.patients.standing import PatientStanding
from domain.scheduling.time_claim import TimeClaim


@dataclass(frozen=True, slots=True)
class BookingContext:
    """One consistent reading.

    ``catalogue_position`` is that of the newest event that changed what can be booked. ``is_patient_known`` (and not erased),
    ``patient`` (how they stand) and ``is_command_recorded`` answer for the ids that were asked about. ``claims`` are busy times,
    in no order.
    """

    position: int
    catalogue_position: int
    is_patient_known: bool
    patient: PatientStanding
    is_command_recorded: bool
    claims: Sequence[TimeClaim]
