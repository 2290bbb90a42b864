"""Rows of read models, and the statements that write them: one for all rows of a kind."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    ``statement`` takes them as one JSON array, since COPY is refused under row-level security;
    ``{schema}`` is replaced by the schema that it writes to: the live one or its shadow.
    """

    statement: str
    rows: Sequence[Row]


class BoundStatement(NamedTuple):
    """A statement and its values, the first one for ``$1``."""

    statement: str
    values: Sequence[bytes]


_prepared: Final[WeakKeyDictionary[Connection[Any], dict[str, str]]] = WeakKeyDictionary()
"""The names of the statements that each connection has prepared, by their text."""


class Projector(Protocol):
    """Turns events into rows of the read model of its name, without reading the database.

    The same events in the same order give the same rows, however they are cut into batches.
    """

    @property
    def name(self) -> str: ...

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        """Return the writes for a batch of one practice's events."""
        ...


def insert(table: str) -> str:
    """Return the statement that inserts rows whose fields are named as the table's columns.

    The tenant is the transaction's. A field that a row lacks becomes null, not the default.
    """
    return (
        f"insert into {{schema}}.{table} select r.* from json_populate_recordset(json_populate_record("  # noqa: S608
        f"null::{{schema}}.{table}, json_build_object('tenant_id', log.current_tenant())), %s::json) as r"
    )


def update(table: str, key: str, *columns: str, **expressions: str) -> str:
    """Return the statement that updates rows by their key column, with version and position.

    A field of ``columns`` that a row lacks keeps its value. ``expressions`` are columns with a new
    value in SQL, made from the row ``r`` and the stored row ``t``.
    """
    values = {name: f"coalesce(r.{name}, t.{name})" for name in columns} | expressions
    values |= {"version": "r.version", "position": "r.position"}
    return (
        f"update {{schema}}.{table} t set {', '.join(f'{name} = {value}' for name, value in values.items())}"  # noqa: S608
        f" from json_populate_recordset(null::{{schema}}.{table}, %s::json) as r"
        f" where t.tenant_id = (select log.current_tenant()) and t.{key} = r.{key}"
    )


class StreamRows:
    """The rows that a batch inserts and updates in a table with one row for each stream."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._inserted: dict[object, Row] = {}
        self._updated: dict[object, Row] = {}

    def insert(self, event: LoggedEvent, row: Mapping[str, object]) -> None:
        """Add the row of a stream that begins with this event."""
        self._inserted[event.stream_id] = {self._key: event.stream_id}
        self.update(event, row)

    def update(self, event: LoggedEvent, row: Mapping[str, object]) -> None:
        """Change fields of the event's stream, and set its version and position."""
        self.of(event).update(row, version=event.version, position=event.position)

    def of(self, event: LoggedEvent) -> Row:
        """Return the row of the event's stream; if it is not inserted, only its changes."""
        inserted = self._inserted.get(event.stream_id)
        if inserted is not None:
            return inserted
        return self._updated.setdefault(event.stream_id, {self._key: event.stream_id})

    @property
    def inserted(self) -> list[Row]:
        return list(self._inserted.values())

    @property
    def updated(self) -> list[Row]:
        return list(self._updated.values())


def execute_writes(cursor: Cursor[Any], schema: str, writes: Iterable[Write]) -> None:
    """Execute writes in their practice's transaction."""
    for statement, rows in writes:
        if rows:
            cursor.execute(_in_schema(statement, schema).encode(), (msgspec.json.encode(rows).decode(),))


def bind(schema: str, writes: Iterable[Write]) -> Iterator[BoundStatement]:
    """Return writes as statements with their values."""
    for statement, rows in writes:
        if rows:
            yield BoundStatement(_in_schema(statement, schema).replace("%s", "$1"), [msgspec.json.encode(rows)])


def execute_together(connection: Connection[Any], statements: Sequence[BoundStatement]) -> None:
    """Execute statements in one transaction and one round trip, on a connection in autocommit mode.

    A message of several statements is a transaction, and takes half as long as one message each.
    psycopg's pipeline is as fast, but warns when a statement fails, as one does if two runners
    meet. Each statement is prepared once, since planning it takes longer than writing a row.
    """
    try:
        _send(connection, statements)
    except psycopg.errors.InvalidSqlStatementName:
        # After a rollback psycopg (3.3.9) deallocates all statements. Nothing was executed.
        connection.execute("deallocate all")
        del _prepared[connection]
        _send(connection, statements)


def _send(connection: Connection[Any], statements: Sequence[BoundStatement]) -> None:
    names = _prepared.setdefault(connection, {})
    for statement in {bound.statement for bound in statements} - names.keys():
        name = f"call_{len(names)}"
        connection.execute(f"prepare {name} as {statement}".encode())
        names[statement] = name
    literal = Escaping(connection.pgconn).escape_literal
    message = [
        b"execute %s (%s)" % (names[bound.statement].encode(), b", ".join(map(literal, bound.values)))
        for bound in statements
    ]
    # libpq directly: a cursor would take twice the processor time for the same message.
    result = connection.pgconn.exec_(b"; ".join(message))
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        # Without a state there was no answer: the connection is lost.
        state = result.error_field(DiagnosticField.SQLSTATE)
        raise error_from_result(result) if state else psycopg.OperationalError(result.error_message.decode())


@functools.cache
def _in_schema(statement: str, schema: str) -> str:
    return statement.replace("{schema}", schema)
