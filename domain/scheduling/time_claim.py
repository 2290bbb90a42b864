"""Claims on time: no two visits may claim the same clinician, room or device at once."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from domain.kernel.time_range import TimeRange


class TimeClaim(NamedTuple):
    """``what``, a clinician or a resource, is busy for a holder, such as an appointment or a hold.

    ``during`` includes the buffers and must not overlap other claims; ``visit`` excludes them. A
    claim with ``expires_at`` ends then. A ``beside`` claim may overlap others, after an override. A
    ``pending`` claim, on ``pending_key(what)``, blocks nothing and only counts towards limits.
    """

    holder_id: UUID
    what: UUID
    during: TimeRange
    visit: TimeRange
    service_id: UUID | None = None
    expires_at: datetime | None = None
    beside: bool = False
    pending: bool = False

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is imported busy time of the clinician, not a visit or a hold."""
        return self.beside and self.service_id is None and self.expires_at is None

    def has_expired(self, now: datetime) -> bool:
        """Whether the claim has expired; it expires at ``expires_at`` itself."""
        return self.expires_at is not None and self.expires_at <= now


class TimeRelease(NamedTuple):
    """All time claims of a holder end with the append, before its own claims are taken."""

    holder_id: UUID


def pending_key(clinician_id: UUID) -> UUID:
    """Return the id under which requested visits are claimed until they are confirmed.

    They do not block the clinician's time, so they have an id of their own.
    """
    return uuid5(clinician_id, "asked")
