"""Reads of the past: the parameters `as_of` (recorded time) and `version`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Query

from api.bootstrap.container import Container
from api.http.times import instant, with_plus, zulu
from domain.kernel.errors import InvalidValueError

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
    Query(ge=1, le=2**31 - 1, description="The resource at this version. Not together with `as_of`."),
]


@dataclass(frozen=True, slots=True)
class Moment:
    """``position`` is the log's position ``at`` the instant; None for the present."""

    at: datetime
    position: int | None = None


def moment_of(container: Container, tenant_id: UUID, as_of: str, field: str = "as_of") -> Moment:
    """Return the moment of an instant. Raises InvalidValueError: not a time, or in the future."""
    requested, now = instant(with_plus(as_of), field), container.clock.now()
    if requested > now:
        raise InvalidValueError(field, f"this is in the future; it is {zulu(now)}")
    return Moment(requested, container.audit.instants.position_at(tenant_id, requested))
