"""Answers in iCalendar, with an ETag and 304 for conditional requests."""

from dataclasses import dataclass
from typing import Final, Self

from fastapi import Response

from api.http.conditional import conditional, etag_of
from api.http.resource_responses import Responses
from application.scheduling.calendars.calendar_visit import MEDIA_TYPE

ICALENDAR: Final[Responses] = {
    200: {"description": "iCalendar.", "content": {"text/calendar": {"schema": {"type": "string"}}}},
    304: {"description": "Not modified: the calendar is the one in `If-None-Match`."},
}
"""The successful responses, for the documentation."""


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """``seen`` is the value of If-None-Match. Make it in a thread: long files take a while."""

    body: bytes
    etag: str
    seen: str | None

    @classmethod
    def of(cls, body: bytes, seen: str | None) -> Self:
        return cls(body, etag_of(body), seen)

    def response(self) -> Response:
        """Return the calendar, or 304 if its ETag is in ``seen``."""
        # Clients may cache it if they revalidate; shared caches may not.
        return conditional(self.body, self.etag, self.seen, {"Cache-Control": "private, no-cache"}, MEDIA_TYPE)
