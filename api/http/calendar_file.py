"""Answers in iCalendar, with an ETag and 304 for conditional requests."""

import hashlib
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from api.http.resource_responses import Responses
from application.scheduling.calendars.calendar_visit import MEDIA_TYPE

ICALENDAR: Final[Responses] = {
    200: {"description": "iCalendar.", "content": {"text/calendar": {"schema": {"type": "string"}}}},
    304: {"description": "Not modified: the calendar is the one in `If-None-Match`."},
}
"""The successful responses, for the documentation."""


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """``seen`` is the value of If-None-Match."""

    text: str
    seen: str | None = None

    def response(self) -> Response:
        """Return the calendar, or 304 if its ETag is in ``seen``."""
        body = self.text.encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        # Clients may cache it if they revalidate; shared caches may not.
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if self.seen is not None and ("*" in self.seen or etag in self.seen):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=MEDIA_TYPE)


def seen_by(request: Request) -> str | None:
    """Return the value of If-None-Match, cut to 1,000 characters."""
    value = request.headers.get("if-none-match")
    return value[:1000] if value else None
