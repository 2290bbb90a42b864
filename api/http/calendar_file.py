"""Answers that are calendars: iCalendar with an ETag, and nothing but that where the caller has it already."""

import hashlib
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from api.http.resource_responses import Responses
from application.scheduling.calendars.calendar_visit import MEDIA_TYPE

ICALENDAR: Final[Responses] = {
    200: {"description": "iCalendar.", "content": {"text/calendar": {"schema": {"type": "string"}}}},
    304: {"description": "It is what `If-None-Match` names."},
}
"""For the documentation."""


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """``seen`` is the caller's If-None-Match."""

    text: str
    seen: str | None = None

    def response(self) -> Response:
        """304 where the caller has seen just this; a calendar that did not change has the same bytes."""
        body = self.text.encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        # Whoever asks again is told whether it is still so; no store between may keep it.
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if self.seen is not None and ("*" in self.seen or etag in self.seen):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=MEDIA_TYPE)


def seen_by(request: Request) -> str | None:
    """Return the caller's If-None-Match, as far as it can be one of ours."""
    said = request.headers.get("if-none-match")
    return said[:1000] if said else None
