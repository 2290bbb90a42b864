"""Calls the functions of simple routes without FastAPI's routing and dependency injection.

A well-formed request is dispatched directly if its route takes only a body and ``Creating``, or
only a call and query parameters. FastAPI handles all other requests from the start, so errors and
the OpenAPI description have one source. Figures and alternatives: ADR-0041.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias, cast

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


Arguments: TypeAlias = Callable[[Request], Awaitable[Mapping[str, Any] | None]]
"""Returns the endpoint's arguments, or None if FastAPI must handle the request."""
DirectRoutes: TypeAlias = dict[tuple[str, str], tuple[APIRoute, Arguments]]
"""By method and path."""


class DirectDispatch:
    """ASGI middleware after authentication. ``routes`` may be filled later."""

    def __init__(self, app: ASGIApp, routes: DirectRoutes) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        direct = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if direct is None:
            await self._app(scope, receive, send)
            return
        route, arguments_of = direct
        received: list[Message] = []

        async def receive_and_keep() -> Message:
            received.append(await receive())
            return received[-1]

        scope["route"], scope["endpoint"] = route, route.endpoint
        request = Request(scope, receive_and_keep)
        response: Response | None = None
        try:
            arguments = await arguments_of(request)
            if arguments is not None:
                response = await route.endpoint(**arguments)
        except Exception as error:
            response = await _handled(request, error)
        if response is None:
            await self._app(scope, _replayed(received, receive), send)
        else:
            await response(scope, receive, send)


def direct_routes(routes: Sequence[APIRoute]) -> DirectRoutes:
    """Return the routes that can be called directly."""
    found: DirectRoutes = {}
    for route in routes:
        taken = {name: parameter.annotation for name, parameter in inspect.signature(route.endpoint).parameters.items()}
        call, body = taken.pop("call", None), taken.get("body")
        query = {field.name for field in route.dependant.query_params}
        is_model = isinstance(body, type) and issubclass(body, BaseModel)
        if route.methods == {"POST"} and call == Creating and taken.keys() == {"body"} and is_model:
            found["POST", route.path] = route, partial(_creating_arguments, cast(type[BaseModel], body))
        if route.methods == {"GET"} and call in (Reading, Following, Showing) and taken.keys() == query:
            [dependency] = route.dependant.dependencies
            found["GET", route.path] = route, partial(_query_arguments, route.dependant, dependency)
    return found


async def _creating_arguments(body: type[BaseModel], request: Request) -> Mapping[str, Any] | None:
    """Return the arguments of a route that takes only a body and a ``Creating`` call."""
    is_plain, key = _key_of(request.scope)
    if not is_plain:
        return None
    try:
        parsed = body.model_validate_json(await request.body())
    except (ValidationError, ClientDisconnect):
        return None
    return {"body": parsed, "call": Call(request, request.app.state.services, request.scope["actor"], key)}


async def _query_arguments(route: Dependant, call: Dependant, request: Request) -> Mapping[str, Any] | None:
    """Return the arguments of a route that takes only a call and query parameters."""
    of_call, of_route = _values(call, request.query_params), _values(route, request.query_params)
    if of_call is None or of_route is None:
        return None
    make_call = cast(Callable[..., Awaitable[Call]], call.call)
    return {**of_route, "call": await make_call(request, **of_call)}


def _key_of(scope: Scope) -> tuple[bool, str | None]:
    """Return whether this is a plain JSON request without query, and the Idempotency-Key if any."""
    key: str | None = None
    content_type = b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value
        elif name == b"idempotency-key":
            if key is not None:
                return False, None
            key = value.decode("latin-1")
    is_key_valid = key is None or (len(key) <= KEY_LENGTH and _KEY.fullmatch(key) is not None)
    return content_type == _JSON and is_key_valid and not scope["query_string"], key


def _values(parameters: Dependant, query: QueryParams) -> dict[str, Any] | None:
    """Return the query parameters; None if one is missing or invalid. Lists count as invalid."""
    values: dict[str, Any] = {}
    for field in parameters.query_params:
        text = query.get(field.alias)
        if text is None and field.field_info.is_required():
            return None
        values[field.name], invalid = (field.get_default(), []) if text is None else field.validate(text)
        if invalid:
            return None
    return values


def _replayed(received: Sequence[Message], receive: Receive) -> Receive:
    """Return a ``receive`` that first returns the messages received before."""
    remaining = iter(received)

    async def replayed() -> Message:
        message = next(remaining, None)
        return await receive() if message is None else message

    return replayed


async def _handled(request: Request, error: Exception) -> Response:
    """Return the answer of the error's exception handler. Raises the error if there is none."""
    app: FastAPI = request.app
    for kind in type(error).__mro__:
        handler: Any = app.exception_handlers.get(kind)
        if handler is not None:
            answer: Response = await handler(request, error)
            return answer
    raise error
