"""What a route answers: a body and what HTTP says about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import orjson
from fastapi import Response

_OPTIONS: Final = orjson.OPT_UTC_Z


class Answering(Protocol):
    """Whatever a route may answer with."""

    def response(self) -> Response: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """``version`` becomes the ETag, ``location`` the address of what was created."""

    body: Mapping[str, object]
    status: int = 200
    version: int | None = None
    location: str | None = None

    def response(self) -> Response:
        """Encode at once: answers are made from typed things, so no model checks them again."""
        headers: dict[str, str] = {}
        if self.version is not None:
            headers["ETag"] = f'"{self.version}"'
        if self.location is not None:
            headers["Location"] = self.location
        return Response(orjson.dumps(self.body, option=_OPTIONS), self.status, headers, "application/json")
