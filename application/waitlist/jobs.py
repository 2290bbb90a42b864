"""The jobs of the wait list."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from application.kernel.jobs import Job


@dataclass(frozen=True, slots=True)
class OfferFreedTime(Job):
    """Offer the time that an appointment, session or hold released with its event ``version``."""

    NAME: ClassVar[str] = "waitlist.offer_freed_time"
    holder_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class OfferToNext(Job):
    """Offer an opening to the next patient, unless an offer of it is still open."""

    NAME: ClassVar[str] = "waitlist.offer_to_next"
    opening_id: UUID


@dataclass(frozen=True, slots=True)
class EndWaiting(Job):
    """Withdraw the entries and offers of a patient who was erased at a position of the log."""

    NAME: ClassVar[str] = "waitlist.end_waiting"
    patient_id: UUID
    position: int
