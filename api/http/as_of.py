"""Reads of the past: the parameters `as_of` (recorded time) and `version`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, TypeAlias

from fastapi import Query

from api.bootstrap.container import Container
from api.http.times import instant, zulu
from application.kernel.permissions import Actor
from domain.kernel.errors import InvalidValueError

_MAX_VERSIONS: Final = 2**31 - 1

AsOf: TypeAlias = Annotated[
    str | None,
    Query(
        max_length=40,
        description="An instant of recorded time, RFC 3339 with an offset: the answer is the state that was recorded by then. "
        "Personal data erased since is shown as erased.",
        examples=["2026-06-01T08:00:00+02:00"],
    ),
]
Version: TypeAlias = Annotated[
    int | None,
    Query(ge=1, le=_MAX_VERSIONS, description="The resource at this version. Not together with `as_of`."),
]


@dataclass(frozen=True, slots=True)
class PointInTime:
    """An instant and the log's position then; the position is None for the present."""

    at: datetime
    position: int | None = None


def find_point_in_time(container: Container, actor: Actor, as_of: str, field: str = "as_of") -> PointInTime:
    """Return the log's position at an instant.

    Raises InvalidValueError: not a time, or in the future.
    """
    # An unescaped plus sign arrives as a space.
    requested = instant(as_of[:-6] + "+" + as_of[-5:] if as_of[-6:-5] == " " else as_of, field)
    refuse_future(container, requested, field)
    return PointInTime(requested, container.audit.instants.position_at(actor.tenant_id, requested))


def refuse_future(container: Container, requested: datetime, field: str) -> None:
    """Raise InvalidValueError if the instant is in the future."""
    now = container.clock.now()
    if requested > now:
        raise InvalidValueError(field, f"this is in the future; it is {zulu(now)}")
