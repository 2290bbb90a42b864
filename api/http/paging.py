"""Paging by opaque cursors."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Query

from domain.kernel.errors import InvalidValueError

MAX_PAGE_SIZE: Final = 200

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="The most entries to return.")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the previous page; omit it for the first page.")
]

T = TypeVar("T")


def encoded(mark: str) -> str:
    """Return a mark as a cursor."""
    return base64.urlsafe_b64encode(mark.encode()).decode().rstrip("=")


def cursor_behind(mark: UUID | int | None) -> str | None:
    """Return the cursor of the page after this id or number."""
    return None if mark is None else encoded(str(mark))


def decoded(cursor: str | None) -> str | None:
    """Return the mark in a cursor. Raises InvalidValueError: it is not a cursor."""
    if cursor is None:
        return None
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        raise InvalidValueError("cursor", "use the next_cursor of a page") from None


def decoded_id(cursor: str | None) -> UUID | None:
    """Return the id in a cursor. Raises InvalidValueError."""
    mark = decoded(cursor)
    try:
        return None if mark is None else UUID(mark)
    except ValueError:
        raise InvalidValueError("cursor", "use the next_cursor of a page") from None


def decoded_number(cursor: str | None) -> int | None:
    """Return the number in a cursor. Raises InvalidValueError."""
    mark = decoded(cursor)
    if mark is None:
        return None
    if not (mark.isascii() and mark.isdecimal() and len(mark) < 19):
        raise InvalidValueError("cursor", "use the next_cursor of a page")
    return int(mark)


def page(
    items: Sequence[T], limit: int, cursor: str | None, id_of: Callable[[T], UUID]
) -> tuple[Sequence[T], str | None]:
    """Return a page of a list held in memory, and the cursor of the next one."""
    after = decoded_id(cursor)
    first = 0
    if after is not None:
        first = next((index + 1 for index, item in enumerate(items) if id_of(item) == after), len(items))
    chosen = items[first : first + limit]
    return chosen, encoded(str(id_of(chosen[-1]))) if len(items) > first + limit else None
