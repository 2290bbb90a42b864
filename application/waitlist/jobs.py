"""The jobs of the wait list."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from application.kernel.jobs import Job


@dataclass(frozen=True, slots=True)
class OfferFreedTime(Job):
    """Offer what an appointment, a session or a hold gave up with the event of this version."""

    NAME: ClassVar[str] = "waitlist.offer_freed_time"
    holder_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class OfferToNext(Job):
    """Offer an opening to the next patient, if nobody can accept it any more."""

    NAME: ClassVar[str] = "waitlist.offer_to_next"
    opening_id: UUID
