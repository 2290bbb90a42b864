"""The call of ``log.append`` in libpq's own terms.

A cursor crosses from Python into libpq and back some five times for one statement, and gives up the interpreter lock each time: under load
that is a wait in a queue. This is one crossing. It costs 45 µs of processor time where a cursor costs 90.
"""

from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.errors import lookup
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

_NAME: Final = b"append"
_CALL: Final = b"select outcome, position from log.append($1::jsonb, $2)"


def prepare(connection: Connection[Any]) -> None:
    """Make a connection ready for ``append``. Raises psycopg.Error."""
    _refuse_failure(connection.pgconn.prepare(_NAME, _CALL), ExecStatus.COMMAND_OK)


def append(connection: Connection[Any], batch: bytes, *, wait: bool) -> list[tuple[str, int]]:
    """Return (outcome, position of the last event or 0) of each append in the batch, in its order; see migrations/0006.

    ``connection`` was prepared, is in autocommit mode and serves nothing else. Raises psycopg.Error.
    """
    result = connection.pgconn.exec_prepared(_NAME, [batch, b"t" if wait else b"f"])
    _refuse_failure(result, ExecStatus.TUPLES_OK)
    return [
        ((result.get_value(row, 0) or b"").decode(), int(result.get_value(row, 1) or 0))
        for row in range(result.ntuples)
    ]


def _refuse_failure(result: PGresult, wanted: ExecStatus) -> None:
    if result.status != wanted:
        state = result.error_field(DiagnosticField.SQLSTATE)
        # Without a state there was no answer: the connection is lost.
        raise (lookup(state.decode()) if state else psycopg.OperationalError)(result.error_message.decode())
