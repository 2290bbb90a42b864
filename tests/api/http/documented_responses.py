"""Compare responses with the API's description: fields, their types, and no undocumented ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import httpx2
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.routing import BaseRoute

Answers: TypeAlias = dict[int, TypeAdapter[Any]]
"""By status."""


class DocumentedResponses:
    """What an application says that it answers."""

    def __init__(self, app: FastAPI) -> None:
        self._routes = [(route, _answers(route)) for route in _routes_of(app.routes)]

    def known(self) -> set[tuple[str, str, int]]:
        """Return (method, path, status) of every answer that is compared."""
        return {
            (method, route.path, status)
            for route, answers in self._routes
            for method in route.methods or ()
            for status in answers
        }

    def route(self, operation: str) -> APIRoute:
        """Return the route of an operation, by its id."""
        return self._named(operation)[0]

    def faults_of(self, operation: str, status: int, body: object) -> list[str]:
        """Tell how a body differs from what an operation is described to answer."""
        return list(faults(self._named(operation)[1][status], body))

    def check(self, answer: httpx2.Response) -> None:
        """Raises AssertionError: the answer is not as described."""
        if answer.headers.get("content-type") != "application/json":
            return
        answer.read()
        found = list(self._faults(answer))
        assert not found, f"{answer.request.method} {answer.request.url.path} {answer.status_code}: {found}"

    def _named(self, operation: str) -> tuple[APIRoute, Answers]:
        [found] = [each for each in self._routes if each[0].name == operation]
        return found

    def _faults(self, answer: httpx2.Response) -> Iterator[str]:
        for route, answers in self._routes:
            if answer.request.method in (route.methods or ()) and route.path_regex.match(answer.request.url.path):
                if answer.status_code in answers:
                    yield from faults(answers[answer.status_code], answer.json())
                return


def faults(described: TypeAdapter[Any], body: object) -> Iterator[str]:
    """Tell how a body differs from its description."""
    try:
        yield from _unsaid(described.validate_python(body), "")
    except ValidationError as error:
        yield from (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())


def _routes_of(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """Return the routes, also those of routers that the application has taken in."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif router := getattr(route, "original_router", None):
            yield from _routes_of(router.routes)


def _answers(route: APIRoute) -> Answers:
    models = {int(status): one.get("model") for status, one in route.responses.items()}
    models[route.status_code or 200] = route.response_model
    return {status: TypeAdapter(model) for status, model in models.items() if model is not None}


def _unsaid(value: object, place: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{place}{name}: is not described" for name in value.model_extra or ())
        yield from _unsaid_of(((name, getattr(value, name)) for name in type(value).model_fields), place)
    elif isinstance(value, Mapping):
        yield from _unsaid_of(value.items(), place)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        yield from _unsaid_of(enumerate(value), place)


def _unsaid_of(parts: Iterable[tuple[object, object]], place: str) -> Iterator[str]:
    for name, part in parts:
        yield from _unsaid(part, f"{place}{name}.")
