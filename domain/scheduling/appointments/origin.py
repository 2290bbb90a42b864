"""How a visit came to be booked."""

from enum import StrEnum
from uuid import UUID


class VisitOrigin(StrEnum):
    """Staff booked it, a patient requested it, or it comes from a series, an offer or a file."""

    BOOKED = "booked"
    REQUEST = "request"
    SERIES = "series"
    WAITLIST = "waitlist"
    IMPORT = "import"


def origin_of(recorded: str | None, series_id: UUID | str | None) -> str:
    """Return the origin of a booking, which records it only if its other fields do not tell."""
    return recorded or (VisitOrigin.BOOKED if series_id is None else VisitOrigin.SERIES).value
