"""The state of a patient as far as bookings depend on it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PatientStanding:
    """``zone`` is the patient's zone, if known; ``merged_into`` the surviving patient after a merge.

    ``alerted`` are the merged ids that have an alert; ``is_withdrawn``: the registration was withdrawn.
    """

    zone: str | None = None
    merged_into: UUID | None = None
    alerted: tuple[UUID, ...] = ()
    is_withdrawn: bool = False


UNKNOWN = PatientStanding()


@dataclass(frozen=True, slots=True)
class PatientSeen:
    """A patient who was registered and not withdrawn at a position of the log; 0 if the position is unknown.

    An append that relies on it checks that this still holds.
    """

    patient_id: UUID
    position: int = 0
