"""Rows on their way into a read model: one statement for all rows of a kind, whatever their number."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol
from weakref import WeakKeyDictionary

import msgspec
import psycopg
from psycopg import Connection, Cursor
from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField, Escaping, ExecStatus

from domain.kernel.logged_event import LoggedEvent

Row = dict[str, object]


class Write(NamedTuple):
    """Rows of one kind.

    ``statement`` takes them as one JSON array, since COPY is refused under row-level security; ``{schema}`` stands for the schema
    that it writes to: the live one or its shadow.
    """

    statement: str
    rows: Sequence[Row]


class Call(NamedTuple):
    """A statement with its values, the first one for ``$1``."""

    statement: str
    values: Sequence[bytes]


_prepared: Final[WeakKeyDictionary[Connection[Any], dict[str, str]]] = WeakKeyDictionary()
"""The names of the statements that each connection has prepared, by their text."""


class Projector(Protocol):
    """Turns events into rows of the read model that it is named after, without asking anything of the database.

    The same events in the same order give the same rows, however they are cut into batches.
    """

    @property
    def name(self) -> str: ...

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        """Return what a batch of one practice's events changes, several events of one thing folded into one row."""
        ...


def insert(table: str) -> str:
    """Return the statement that inserts rows whose fields are named as the table's columns.

    The tenant is the transaction's. A field that a row lacks becomes null, not the column's default.
    """
    return (
        f"insert into {{schema}}.{table} select r.* from json_populate_recordset(json_populate_record("  # noqa: S608
        f"null::{{schema}}.{table}, json_build_object('tenant_id', log.current_tenant())), %s::json) as r"
    )


def write(cursor: Cursor[Any], schema: str, writes: Iterable[Write]) -> None:
    """Carry writes out, inside their practice's transaction."""
    for statement, rows in writes:
        if rows:
            cursor.execute(_placed(statement, schema).encode(), (msgspec.json.encode(rows).decode(),))


def calls(schema: str, writes: Iterable[Write]) -> Iterator[Call]:
    """Return writes as calls."""
    for statement, rows in writes:
        if rows:
            yield Call(_placed(statement, schema).replace("%s", "$1"), [msgspec.json.encode(rows)])


def carry_out(connection: Connection[Any], asked: Sequence[Call]) -> None:
    """Carry calls out in one transaction and one round trip. ``connection`` is in autocommit mode.

    A message of several statements is a transaction of its own, and takes half as long as a message for each. psycopg's pipeline
    is as fast, but warns whenever a statement fails, as one does where two runners meet. Each statement is prepared once, since
    planning it takes longer than writing a row.
    """
    try:
        _send(connection, asked)
    except psycopg.errors.InvalidSqlStatementName:
        # After a rollback psycopg (3.3.9) lets the server forget all that is prepared, ours as well. Nothing was carried out.
        connection.execute("deallocate all")
        del _prepared[connection]
        _send(connection, asked)


def _send(connection: Connection[Any], asked: Sequence[Call]) -> None:
    names = _prepared.setdefault(connection, {})
    for statement in {call.statement for call in asked} - names.keys():
        name = f"call_{len(names)}"
        connection.execute(f"prepare {name} as {statement}".encode())
        names[statement] = name
    literal = Escaping(connection.pgconn).escape_literal
    message = [
        b"execute %s (%s)" % (names[call.statement].encode(), b", ".join(map(literal, call.values))) for call in asked
    ]
    # In libpq's own terms: a cursor would take twice the processor time for the same message.
    result = connection.pgconn.exec_(b"; ".join(message))
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        # Without a state there was no answer: the connection is lost.
        state = result.error_field(DiagnosticField.SQLSTATE)
        raise error_from_result(result) if state else psycopg.OperationalError(result.error_message.decode())


@functools.cache
def _placed(statement: str, schema: str) -> str:
    return statement.replace("{schema}", schema)
