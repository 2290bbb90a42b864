"""The jobs of scheduling."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from application.kernel.jobs import Job


@dataclass(frozen=True, slots=True)
class EndFeedsAndLines(Job):
    """Revoke the feeds of a patient erased at a position, and take them out of waiting lines."""

    NAME: ClassVar[str] = "scheduling.end_feeds_and_lines"
    patient_id: UUID
    position: int
