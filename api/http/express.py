"""A short way to what is asked most: from the key straight to the route.

The framework reads each request in general terms: router by router, then dependencies, exit stacks, context variables. That took a
third of the processor time of a booking, and bookings are what comes a hundred times a second; free times are looked for before each
of them. Here a well-formed request is handed to its very route at once, if that route makes a thing of a body, or answers a question
that the query holds whole. Whatever is unusual in the least goes the framework's way, untouched, so that refusals and descriptions
have one source.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, cast

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.calls import Call, Creating, Following, Reading, Showing
from api.http.idempotency import KEY_LENGTH, KEY_PATTERN

_KEY: Final = re.compile(KEY_PATTERN)
_JSON: Final = b"application/json"


class Stop(Protocol):
    """A route that can be reached directly."""

    @property
    def route(self) -> APIRoute: ...

    async def arguments(self, request: Request) -> Mapping[str, Any] | None:
        """Return what the endpoint is called with, or None where the framework is to say what is wrong with the request."""


Stops: TypeAlias = dict[tuple[str, str], Stop]
"""By method and path."""


class Express:
    """Middleware behind authentication. ``stops`` are found by ``stops_of`` once all routes are there."""

    def __init__(self, app: ASGIApp, stops: Stops) -> None:
        self._app = app
        self._stops = stops

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stop = self._stops.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if stop is None:
            await self._app(scope, receive, send)
            return
        heard: list[Message] = []

        async def hear() -> Message:
            heard.append(await receive())
            return heard[-1]

        scope["route"], scope["endpoint"] = stop.route, stop.route.endpoint
        request = Request(scope, hear)
        response: Response | None = None
        try:
            arguments = await stop.arguments(request)
            if arguments is not None:
                response = await stop.route.endpoint(**arguments)
        except Exception as error:
            response = await _refusal(request, error)
        if response is None:
            await self._app(scope, _again(heard, receive), send)
        else:
            await response(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Maker:
    """A route that takes a body and a ``Creating`` call, and nothing else."""

    route: APIRoute
    body: type[BaseModel]

    async def arguments(self, request: Request) -> Mapping[str, Any] | None:
        fits, key = _key_of(request.scope)
        if not fits:
            return None
        try:
            body = self.body.model_validate_json(await request.body())
        except (ValidationError, ClientDisconnect):
            return None
        return {"body": body, "call": Call(request, request.app.state.gate, request.scope["actor"], key)}


@dataclass(frozen=True, slots=True)
class Reader:
    """A route that takes a call and what the query says, and nothing else."""

    route: APIRoute
    call: Dependant

    async def arguments(self, request: Request) -> Mapping[str, Any] | None:
        of_call = _said(self.call, request.query_params)
        of_route = _said(self.route.dependant, request.query_params)
        if of_call is None or of_route is None:
            return None
        called = cast(Callable[..., Awaitable[Call]], self.call.call)
        return {**of_route, "call": await called(request, **of_call)}


def stops_of(routes: Sequence[APIRoute]) -> Stops:
    """Return those of the routes that take nothing but what a maker or a reader takes."""
    stops: Stops = {}
    for route in routes:
        taken = {name: parameter.annotation for name, parameter in inspect.signature(route.endpoint).parameters.items()}
        call, body, asked = taken.pop("call", None), taken.get("body"), {f.name for f in route.dependant.query_params}
        is_model = isinstance(body, type) and issubclass(body, BaseModel)
        if route.methods == {"POST"} and call == Creating and taken.keys() == {"body"} and is_model:
            stops["POST", route.path] = Maker(route, cast(type[BaseModel], body))
        if route.methods == {"GET"} and call in (Reading, Following, Showing) and taken.keys() == asked:
            stops["GET", route.path] = Reader(route, *route.dependant.dependencies)
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


def _said(taken: Dependant, query: QueryParams) -> dict[str, Any] | None:
    """Return what the query says of each parameter, or None where one is missing or amiss; one text is never a list."""
    values: dict[str, Any] = {}
    for field in taken.query_params:
        text = query.get(field.alias)
        if text is None and field.field_info.is_required():
            return None
        values[field.name], amiss = (field.get_default(), []) if text is None else field.validate(text)
        if amiss:
            return None
    return values


def _again(heard: Sequence[Message], receive: Receive) -> Receive:
    """Return a ``receive`` that gives once more what was heard of it."""
    remaining = iter(heard)

    async def again() -> Message:
        message = next(remaining, None)
        return await receive() if message is None else message

    return again


async def _refusal(request: Request, error: Exception) -> Response:
    """Answer as the framework would, by the handler installed for the error. Raises the error where there is none."""
    app: FastAPI = request.app
    for kind in type(error).__mro__:
        handler: Any = app.exception_handlers.get(kind)
        if handler is not None:
            answer: Response = await handler(request, error)
            return answer
    raise error
