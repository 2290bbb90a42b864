"""A claim on time: what keeps two visits from the same clinician, room or device."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from domain.kernel.time_range import TimeRange


class TimeClaim(NamedTuple):
    """One thing (``what``: a clinician or a resource) is busy for one holder (an appointment or a hold).

    ``during`` includes the buffers and is what may not overlap; ``visit`` is the part that the patient is there. From ``expires_at``
    on, if there is one, the claim holds nothing. One that is ``beside`` others may overlap them: somebody wanted it so. A ``pending``
    one holds nothing either, and only counts: it is on ``pending_key(what)``.
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
        """Whether it is no visit and no hold: the clinician has something else to do."""
        return self.beside and self.service_id is None and self.expires_at is None

    def has_expired(self, now: datetime) -> bool:
        """Whether it was a hold's, and the hold's time is up: at the very second."""
        return self.expires_at is not None and self.expires_at <= now


class TimeRelease(NamedTuple):
    """All time claims of a holder end with the append, before its own claims are taken."""

    holder_id: UUID


def pending_key(clinician_id: UUID) -> UUID:
    """Return under what the visits are claimed that a clinician is asked for and that are not agreed to yet.

    They take no time of the clinician's, so that they lie apart from what does.
    """
    return uuid5(clinician_id, "asked")
