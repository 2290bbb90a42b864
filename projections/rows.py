"""Rows on their way into a read model: one statement for all rows of a kind, whatever their number."""

import functools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from psycopg import Cursor

from domain.logged_event import LoggedEvent

Row = dict[str, object]


class Write(NamedTuple):
    """Rows of one kind.

    ``statement`` takes them as one JSON array, since COPY is refused under row-level security; ``{schema}`` stands for the schema
    that it writes to: the live one or its shadow.
    """

    statement: str
    rows: Sequence[Row]


class Projector(Protocol):
    """Turns events into rows of the read model that it is named after, without asking anything of the database.

    The same events in the same order give the same rows, however they are cut into batches.
    """

    @property
    def name(self) -> str: ...

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        """Return what a batch of one practice's events changes, several events of one thing folded into one row."""
        ...


def write(cursor: Cursor[Any], schema: str, writes: Iterable[Write]) -> None:
    """Carry writes out, inside their practice's transaction."""
    for statement, rows in writes:
        if rows:
            cursor.execute(_placed(statement, schema), (msgspec.json.encode(rows).decode(),))


@functools.cache
def _placed(statement: str, schema: str) -> bytes:
    return statement.replace("{schema}", schema).encode()
