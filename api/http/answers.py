"""The answer of a route: a JSON body, a status and headers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import orjson
from fastapi import Response


class HttpAnswer(Protocol):
    """An answer that can be encoded as an HTTP response."""

    def response(self) -> Response: ...


@dataclass(frozen=True, slots=True)
class CostlyAnswer:
    """The rest of the work for an answer, which takes long: it runs among the costly requests."""

    work: Callable[[], HttpAnswer]


@dataclass(frozen=True, slots=True)
class EncodedAnswer:
    """A JSON body that was encoded elsewhere."""

    body: bytes

    def response(self) -> Response:
        return Response(self.body, media_type="application/json")


@dataclass(frozen=True, slots=True)
class Answer:
    """``version`` becomes the ETag, ``location`` the address of the created resource."""

    body: Mapping[str, object]
    status: int = 200
    version: int | None = None
    location: str | None = None

    def response(self) -> Response:
        """Encode with orjson: presenters return typed values, so no model validates them again."""
        headers: dict[str, str] = {}
        if self.version is not None:
            headers["ETag"] = f'"{self.version}"'
        if self.location is not None:
            headers["Location"] = self.location
        return Response(orjson.dumps(self.body, option=orjson.OPT_UTC_Z), self.status, headers, "application/json")
