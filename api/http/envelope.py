"""Middleware of all requests: request id, security headers, body limit, metrics, and 500.

Plain ASGI, because Starlette's BaseHTTPMiddleware starts a task for each request.
"""

import re
import time
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from api.http.errors import unexpected
from api.http.metrics import Metrics

LARGEST_BODY: Final = 64 * 1024
"""In bytes. A larger body is answered with a problem; the server would answer in plain text."""
LARGEST_FILE: Final = 3 * 1024 * 1024
"""In bytes: a file of 2 MiB in a JSON string, as base64 or with two bytes more per line break."""
_WITH_FILE: Final = re.compile(r"/v1/(?:imports/(?:patients|appointments)|clinicians/[^/]*/busy-time)")
"""Paths whose body has a file."""

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
SAFE_HEADERS: Final = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestMiddleware:
    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, method = time.perf_counter(), scope["method"]
        # RFC 9110: HEAD is answered like GET. Routes handle only GET; the server omits the body.
        scope = {**scope, "method": "GET"} if method == "HEAD" else scope
        request_id = scope["request_id"] = _request_id(scope)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                headers.append((b"x-request-id", request_id.encode()))
                if all(name != b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                headers += SAFE_HEADERS
            await send(message)

        received, largest = 0, LARGEST_FILE if _WITH_FILE.fullmatch(scope["path"]) else LARGEST_BODY

        async def receive_some() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > largest:
                raise HTTPException(413)
            return message

        try:
            await self._app(scope, receive_some, send_with_headers)
        except Exception as error:
            response = unexpected(request_id, error)
            if not status:
                await response(scope, receive, send_with_headers)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            self._metrics.answered(
                method if method in _METHODS else "other", route, status, time.perf_counter() - began
            )


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return str(uuid7())
