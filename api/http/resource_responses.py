"""The answers that all kinds of things share: made, changed, shown now or as they were, listed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from api.http.answers import Answer
from api.http.paging import page
from api.http.schemas import Problem
from application.kernel.outcome import Outcome
from application.kernel.practice_log import PracticeLog
from domain.kernel.aggregate import Aggregate

T = TypeVar("T", bound=Aggregate)
Show: TypeAlias = Callable[[T], Mapping[str, object]]


def made(outcome: Outcome[T], path: str, show: Show[T]) -> Answer:
    thing = outcome.aggregate
    return Answer(_body(thing, show, outcome.position), 201, thing.version, f"{path}/{thing.id}")


def changed(outcome: Outcome[T], show: Show[T]) -> Answer:
    return Answer(_body(outcome.aggregate, show, outcome.position), version=outcome.aggregate.version)


def shown(thing: T, show: Show[T], position: int | None = None) -> Answer:
    """A thing as it is, or was at a position of the log; then it has no ETag, since nothing can be changed there."""
    return Answer(_body(thing, show, position), version=thing.version if position is None else None)


def listed(log: PracticeLog, kind: type[T], name: str, show: Show[T], limit: int, cursor: str | None) -> Answer:
    """A page of a kind of the catalogue, in the order in which they were made. Raises InvalidValueError: a strange cursor."""
    catalogue = log.catalogue()
    things, next_cursor = page(catalogue.all(kind), limit, cursor, lambda thing: thing.id)
    return collected(name, [_body(thing, show) for thing in things], next_cursor, catalogue.position)


def collected(
    name: str, things: Sequence[Mapping[str, object]], next_cursor: str | None, position: int | None
) -> Answer:
    """A page of anything; ``position`` is one that the page surely holds."""
    return Answer({name: things, "next_cursor": next_cursor, "position": position})


def _body(thing: T, show: Show[T], position: int | None = None) -> dict[str, object]:
    body: dict[str, object] = {"id": thing.id, "version": thing.version, **show(thing)}
    if position is not None:
        body["position"] = position
    return body


Responses: TypeAlias = dict[int | str, dict[str, Any]]
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def problems(*statuses: int) -> Responses:
    """Return, for the documentation, what may be answered besides success."""
    said = {
        400: "The body cannot be read at all.",
        401: "No valid key was sent.",
        403: "The key's role does not allow this.",
        404: "There is no such thing in this practice.",
        409: "A rule forbids it at this moment; `code` says which.",
        412: "`If-Match` names another version than the present one.",
        413: "The body is larger than 64 KiB; where it holds a calendar, than 3 MiB.",
        415: "The body is not sent as `application/json`.",
        422: "A value can never be right, or the Idempotency-Key was used for another request.",
        503: "Too many requests, the log cannot be reached, or a view is behind; try again.",
    }
    # The model is named once, which puts it among the schemas; the others refer to it.
    return {
        status: {"description": said[status], "content": _PROBLEM, **({"model": Problem} if status == 401 else {})}
        for status in sorted({401, *statuses, 503})
    }


READS: Final = problems(403, 422)
READS_ONE: Final = problems(403, 404, 422)
MAKES: Final = problems(400, 403, 404, 409, 413, 415, 422)
CHANGES: Final = problems(400, 403, 404, 409, 412, 413, 415, 422)
