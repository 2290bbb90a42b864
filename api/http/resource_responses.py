"""Responses that all resources share: created, changed, shown and listed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from api.http.answers import Answer
from api.http.paging import page
from application.kernel.practice_log import Outcome, PracticeLog
from domain.kernel.aggregate import Aggregate

T = TypeVar("T", bound=Aggregate)
Presenter: TypeAlias = Callable[[T], Mapping[str, object]]
"""Presents an aggregate's own fields; ``id`` and ``version`` are added to them."""


def made(outcome: Outcome[T], path: str, present: Presenter[T]) -> Answer:
    """Return the answer to a command that created an aggregate; its address is below ``path``."""
    created = outcome.aggregate
    return Answer(_body(created, present, outcome.position), 201, created.version, f"{path}/{created.id}")


def changed(outcome: Outcome[T], present: Presenter[T]) -> Answer:
    """Return the answer to a command that changed an aggregate."""
    return Answer(_body(outcome.aggregate, present, outcome.position), version=outcome.aggregate.version)


def shown(aggregate: T, present: Presenter[T], position: int | None = None) -> Answer:
    """Answer with an aggregate; the past, at ``position``, has no ETag: it cannot be changed."""
    return Answer(_body(aggregate, present, position), version=aggregate.version if position is None else None)


def listed(log: PracticeLog, kind: type[T], name: str, present: Presenter[T], limit: int, cursor: str | None) -> Answer:
    """Answer with a page of one kind of the catalogue, oldest first.

    Raises InvalidValueError: an unknown cursor.
    """
    catalogue = log.catalogue()
    found, next_cursor = page(catalogue.all(kind), limit, cursor, lambda each: each.id)
    return collected(name, [_body(each, present) for each in found], next_cursor, catalogue.position)


def collected(name: str, items: Sequence[Mapping[str, object]], next_cursor: str | None, position: int) -> Answer:
    """Return a page that includes every event up to ``position``."""
    return Answer({name: items, "next_cursor": next_cursor, "position": position})


def _body(aggregate: T, present: Presenter[T], position: int | None = None) -> dict[str, object]:
    body: dict[str, object] = {"id": aggregate.id, "version": aggregate.version, **present(aggregate)}
    if position is not None:
        body["position"] = position
    return body


Responses: TypeAlias = dict[int | str, dict[str, Any]]
PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_DESCRIPTIONS: Final = {
    400: "The body cannot be read: it is not JSON in UTF-8, or is nested too deeply.",
    401: "The API key is missing or invalid.",
    403: "The key's role may not do this.",
    404: "The resource does not exist in this practice, or did not exist yet at `as_of` or `version`.",
    409: "A rule forbids it in the present state; see `code`.",
    412: "The resource has another version than the one in `If-Match`.",
    413: "The body is larger than 64 KiB, or 3 MiB with an imported file.",
    415: "The body's media type is not `application/json`.",
    422: "A value is invalid, or the Idempotency-Key was used for another request. `too_costly`: it takes too long to"
    " compute, or too much memory; ask for less.",
    429: "Too many requests without a valid key from your address. Retry after `Retry-After` seconds.",
    503: "Too many requests, the log cannot be reached, or a view is behind. Retry after `Retry-After` seconds."
    " `log_damaged`: the log was altered outside the program; `personal_data_damaged`: the data of one person cannot be"
    " read. Then tell the operator.",
}


def problems(*statuses: int) -> Responses:
    """Return the documentation of error responses; 401, 429 and 503 are always among them."""
    return {
        status: {"description": _DESCRIPTIONS[status], "content": PROBLEM}
        for status in sorted({401, *statuses, 429, 503})
    }


TOO_MANY: Final[Responses] = {429: {"description": _DESCRIPTIONS[429], "content": PROBLEM}}
"""Of routes without a key, for the documentation."""
READS: Final = problems(403, 422)
READS_ONE: Final = problems(403, 404, 422)
MAKES: Final = problems(400, 403, 404, 409, 413, 415, 422)
CHANGES: Final = problems(400, 403, 404, 409, 412, 413, 415, 422)
