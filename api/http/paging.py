"""Lists in pages: an opaque cursor says where the next one begins."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Query

from domain.kernel.errors import InvalidValueError

MOST: Final = 200

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many to return at most.")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before; leave it out for the first page.")
]

T = TypeVar("T")


def encoded(mark: str) -> str:
    return base64.urlsafe_b64encode(mark.encode()).decode().rstrip("=")


def cursor_behind(mark: UUID | int | None) -> str | None:
    """Return the cursor of the page that begins behind this id or number; None: there is no more."""
    return None if mark is None else encoded(str(mark))


def decoded(cursor: str | None) -> str | None:
    """Return the mark that a cursor holds. Raises InvalidValueError: it is none of ours."""
    if cursor is None:
        return None
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        raise InvalidValueError("cursor", "this cursor is not one that a page has given") from None


def decoded_id(cursor: str | None) -> UUID | None:
    """Return the id that a cursor holds. Raises InvalidValueError."""
    mark = decoded(cursor)
    try:
        return None if mark is None else UUID(mark)
    except ValueError:
        raise InvalidValueError("cursor", "this cursor is not one that a page has given") from None


def decoded_number(cursor: str | None) -> int | None:
    """Return the number that a cursor holds. Raises InvalidValueError."""
    mark = decoded(cursor)
    if mark is None:
        return None
    if not (mark.isascii() and mark.isdecimal() and len(mark) < 19):
        raise InvalidValueError("cursor", "this cursor is not one that a page has given")
    return int(mark)


def page(
    things: Sequence[T], limit: int, cursor: str | None, id_of: Callable[[T], UUID]
) -> tuple[Sequence[T], str | None]:
    """Return a page of a list held in memory, and the cursor of the next one."""
    after = decoded_id(cursor)
    first = 0
    if after is not None:
        first = next((place + 1 for place, thing in enumerate(things) if id_of(thing) == after), len(things))
    chosen = things[first : first + limit]
    return chosen, encoded(str(id_of(chosen[-1]))) if len(things) > first + limit else None
