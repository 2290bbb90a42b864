"""How a patient stands, as far as their visits are concerned."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PatientStanding:
    """``zone`` is what the patient's clock shows, if anybody has said; ``merged_into`` who stands for them, if they were merged away;
    ``alerted`` which of those who are this patient have an alert; ``is_withdrawn`` whether their registration was taken back.
    """

    zone: str | None = None
    merged_into: UUID | None = None
    alerted: tuple[UUID, ...] = ()
    is_withdrawn: bool = False


UNKNOWN = PatientStanding()


@dataclass(frozen=True, slots=True)
class PatientGuard:
    """A patient who stood, not withdrawn, at a position of the log; 0 where whoever looked does not know at which.

    What is recorded for them relies on it that they still do.
    """

    patient_id: UUID
    position: int = 0
