"""The time window of a query: `from` and `to`, half-open."""

from datetime import timedelta
from typing import Annotated, Final, TypeAlias

from fastapi import Query

from api.http.calls import Call
from api.http.times import moment
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.practice import Practice

_FROM: Final = Query(
    alias="from",
    max_length=40,
    description="RFC 3339 with an offset, or a date: its start in the practice's time zone.",
    examples=["2026-06-01"],
)
_TO: Final = Query(alias="to", max_length=40, description="As `from`; exclusive.", examples=["2026-06-08"])

From: TypeAlias = Annotated[str, _FROM]
To: TypeAlias = Annotated[str, _TO]
# FastAPI does not find an annotation inside a union, so there are two of each.
MaybeFrom: TypeAlias = Annotated[str | None, _FROM]
MaybeTo: TypeAlias = Annotated[str | None, _TO]


def practice_zone(call: Call) -> str:
    """Return the practice's time zone, in which dates are read. Use it only in a thread."""
    return call.log.catalogue(at_least=call.after or 0).one(Practice, call.actor.tenant_id).zone


def window(call: Call, from_: str, to: str, longest: timedelta) -> TimeRange:
    """Return the window. Raises InvalidValueError: no time, empty, or longer than ``longest``."""
    zone = practice_zone(call)
    starts_at, ends_at = moment(from_, zone, "from"), moment(to, zone, "to")
    if ends_at <= starts_at:
        raise InvalidValueError("to", "a window ends after it starts")
    if ends_at - starts_at > longest:
        raise InvalidValueError("to", f"a window is at most {longest.days} days long")
    return TimeRange(starts_at, ends_at)


def maybe_window(call: Call, from_: str | None, to: str | None, longest: timedelta) -> TimeRange | None:
    """As ``window``; None without `from` and `to`. Raises InvalidValueError."""
    if (from_ is None) != (to is None):
        raise InvalidValueError("to" if to is None else "from", "a window needs both of its ends")
    return window(call, from_, to, longest) if from_ and to else None
