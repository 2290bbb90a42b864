"""Answers with an ETag, and 304 for conditional requests."""

import hashlib
from typing import Final

from fastapi import Request, Response

_MAX_LENGTH: Final = 1_000


def etag_of(body: bytes) -> str:
    """Return the strong ETag of a body, with its quotes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def seen_by(request: Request) -> str | None:
    """Return the value of If-None-Match, cut to 1,000 characters."""
    value = request.headers.get("if-none-match")
    return value[:_MAX_LENGTH] if value else None


def conditional(body: bytes, etag: str, seen: str | None, headers: dict[str, str], media_type: str) -> Response:
    """Return the body, or 304 if its ETag is in ``seen``."""
    headers = {"ETag": etag, **headers}
    if seen is not None and ("*" in seen or etag in seen):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
