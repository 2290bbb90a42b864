"""A short way for requests that make a thing: from the key straight to the route.

The framework reads each request in general terms: dependencies, exit stacks, context variables. That took a third of the
processor time of a booking, and bookings are what comes a hundred times a second. Here a well-formed request to a route that takes
a body and makes something is handed to that very route at once. Whatever is unusual in the least goes the framework's way,
untouched, so that refusals and descriptions have one source.
"""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.calls import Call, Creating
from api.idempotency import KEY_LENGTH, KEY_PATTERN

_KEY: Final = re.compile(KEY_PATTERN)
_JSON: Final = b"application/json"


@dataclass(frozen=True, slots=True)
class Stop:
    """A route that can be reached directly: what it takes, and what carries it out."""

    route: APIRoute
    body: type[BaseModel]

    @property
    def endpoint(self) -> Callable[..., Awaitable[Response]]:
        return cast(Callable[..., Awaitable[Response]], self.route.endpoint)


class Express:
    """Middleware behind authentication. ``stops`` are found by ``stops_of`` once all routes are there."""

    def __init__(self, app: ASGIApp, stops: dict[str, Stop]) -> None:
        self._app = app
        self._stops = stops

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stop = self._stops.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        fits, key = _key_of(scope) if stop else (False, None)
        if stop is None or not fits:
            await self._app(scope, receive, send)
            return
        request, again = Request(scope, receive), receive
        response: Response | None = None
        try:
            raw, again = await _read(receive)
            request = Request(scope, again)
            body = _body(stop, raw)
            if body is not None:
                scope["route"] = stop.route
                call = Call(request, request.app.state.gate, scope["actor"], key)
                response = await stop.endpoint(body=body, call=call)
        except Exception as error:
            response = await _refusal(request, error)
        if response is None:
            await self._app(scope, again, send)
        else:
            await response(scope, receive, send)


def stops_of(routes: list[APIRoute]) -> dict[str, Stop]:
    """Return, by path, the routes that take a body and a ``Creating`` call and nothing else."""
    stops = {}
    for route in routes:
        hints = {name: parameter.annotation for name, parameter in inspect.signature(route.endpoint).parameters.items()}
        body = hints.get("body")
        makes = route.methods == {"POST"} and hints.keys() == {"body", "call"} and hints["call"] == Creating
        if makes and isinstance(body, type) and issubclass(body, BaseModel):
            stops[route.path] = Stop(route, body)
    return stops


def _key_of(scope: Scope) -> tuple[bool, str | None]:
    """Return whether the headers are as plain as can be, and the Idempotency-Key, if there is one."""
    key: str | None = None
    content_type = b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value
        elif name == b"idempotency-key":
            if key is not None:
                return False, None
            key = value.decode("latin-1")
    is_key_fine = key is None or (len(key) <= KEY_LENGTH and _KEY.fullmatch(key) is not None)
    return content_type == _JSON and is_key_fine and not scope["query_string"], key


def _body(stop: Stop, raw: bytes) -> BaseModel | None:
    """Return what was sent, or None where the framework is to say what is wrong with it."""
    try:
        return stop.body.model_validate_json(raw)
    except ValidationError:
        return None


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """Return the body, and a ``receive`` that gives it once more."""
    messages: list[Message] = []
    while not messages or messages[-1].get("more_body"):
        messages.append(await receive())
    remaining = iter(messages)

    async def again() -> Message:
        message = next(remaining, None)
        return await receive() if message is None else message

    return b"".join(message.get("body", b"") for message in messages), again


async def _refusal(request: Request, error: Exception) -> Response:
    """Answer as the framework would, by the handler installed for the error. Raises the error where there is none."""
    app: FastAPI = request.app
    for kind in type(error).__mro__:
        handler: Any = app.exception_handlers.get(kind)
        if handler is not None:
            answer: Response = await handler(request, error)
            return answer
    raise error
