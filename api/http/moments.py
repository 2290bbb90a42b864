"""Moments of the past that a query asks about: an instant of recorded time, or a version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, TypeAlias

from fastapi import Query

from api.bootstrap.container import Container
from api.http.times import instant, zulu
from application.kernel.permissions import Actor
from domain.kernel.errors import InvalidValueError

_MOST_VERSIONS: Final = 2**31 - 1

AsOf: TypeAlias = Annotated[
    str | None,
    Query(
        max_length=40,
        description="An instant of recorded time, RFC 3339 with an offset: the answer holds what had been recorded by then. "
        "What is personal and was erased since reads as erased.",
        examples=["2026-06-01T08:00:00+02:00"],
    ),
]
Version: TypeAlias = Annotated[
    int | None,
    Query(ge=1, le=_MOST_VERSIONS, description="The thing at this version of its own. Not together with `as_of`."),
]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a thing is looked at: ``position`` is the one that the log had reached ``at`` an instant, None for the present."""

    at: datetime
    position: int | None = None


def moment_of(container: Container, actor: Actor, as_of: str, field: str = "as_of") -> Moment:
    """Return the moment of an instant. Raises InvalidValueError: no time, or one that has not come yet."""
    # A plus sign that was not escaped arrives as a space.
    asked = instant(as_of[:-6] + "+" + as_of[-5:] if as_of[-6:-5] == " " else as_of, field)
    refuse_future(container, asked, field)
    return Moment(asked, container.audit.instants.position_at(actor.tenant_id, asked))


def refuse_future(container: Container, asked: datetime, field: str) -> None:
    """Raises InvalidValueError: the instant has not come yet."""
    now = container.clock.now()
    if asked > now:
        raise InvalidValueError(field, f"nobody knows yet what will be recorded; it is {zulu(now)}")
