"""Access to tenant data: a transaction that belongs to one practice.

Row-level security shows a transaction only the rows of ``app.tenant_id``, and none if it is not
set. The setting is LOCAL, so it ends with the transaction. In autocommit mode LOCAL would have no
effect, so ``tenant_transaction`` begins the transaction itself.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from psycopg import Connection, Cursor, Error, OperationalError
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from event_store.direct_call import DirectCall
from event_store.errors import StoreUnavailableError, is_read_only

T = TypeVar("T")


class NestedTenantError(RuntimeError):
    """A practice's transaction was begun inside another transaction."""


@contextmanager
def tenant_transaction(source: ConnectionPool | Connection[Any], tenant_id: UUID) -> Iterator[Cursor[Any]]:
    """Run the block in a transaction of one practice; it is rolled back on an error.

    ``source`` is a pool, or a connection in autocommit mode.
    Raises NestedTenantError: it is in a transaction; PoolTimeout: no connection became free;
    StoreUnavailableError: the server cannot write.
    """
    if isinstance(source, Connection):
        _begin(source, tenant_id)
        connection = source
    else:
        connection, _ = _on_live_connection(source, lambda connection: _begin(connection, tenant_id))
    try:
        with connection.cursor() as cursor:
            yield cursor
    except BaseException as error:
        if not connection.closed:
            connection.execute("rollback")
        if isinstance(error, Error):
            _raise_if_read_only(error)
        raise
    else:
        connection.execute("commit")
    finally:
        if not isinstance(source, Connection):
            source.putconn(connection)


def fetch_raw(pool: ConnectionPool, call: DirectCall, *values: bytes | None) -> list[list[bytes | None]]:
    """Run a statement that only reads, outside of any transaction, and return its rows.

    Raises psycopg.Error, StoreUnavailableError. The pool was opened with ``call``.
    """
    try:
        connection, rows = _on_live_connection(pool, lambda connection: call.run(connection, *values))
    except Error as error:
        _raise_if_read_only(error)
        raise
    pool.putconn(connection)
    return rows


def open_pool(
    conninfo: str,
    *,
    name: str,
    most: int,
    wait_seconds: float = 2.0,
    resets: bool = True,
    calls: Sequence[DirectCall] = (),
) -> ConnectionPool:
    """Open a pool of up to ``most`` autocommit connections that have ``calls`` prepared.

    A caller waits at most ``wait_seconds`` for a connection, then gets psycopg_pool.PoolTimeout.
    ``resets=False`` is only for a component that leaves no state in a session.
    """

    def configure(connection: Connection[Any]) -> None:
        for call in calls:
            call.prepare(connection)

    def reset(connection: Connection[Any]) -> None:
        # Unlike DISCARD ALL, this keeps psycopg's prepared statements.
        connection.execute(
            "close all; set session authorization default; reset all; unlisten *;"
            " select pg_advisory_unlock_all(); discard temp; discard sequences"
        )

    return ConnectionPool(
        conninfo,
        name=name,
        min_size=1,
        max_size=most,
        timeout=wait_seconds,
        # After that, the next caller makes the pool try again. The pauses between its attempts
        # double: with the default of five minutes, an outage of one minute would keep the database
        # unavailable for another.
        reconnect_timeout=2.0,
        kwargs={"autocommit": True},
        configure=configure,
        reset=reset if resets else None,
        open=True,
    )


def _on_live_connection(pool: ConnectionPool, act: Callable[[Connection[Any]], T]) -> tuple[Connection[Any], T]:
    """Borrow and use a connection; replaces those that a restart of the server has cut."""
    attempts_left = pool.max_size
    while True:
        connection = pool.getconn()
        try:
            return connection, act(connection)
        except BaseException as error:
            is_stale = isinstance(error, OperationalError) and connection.broken
            pool.putconn(connection)
            if not is_stale or attempts_left == 0:
                raise
        attempts_left -= 1


def _raise_if_read_only(error: Error) -> None:
    if is_read_only(error):
        raise StoreUnavailableError("the database cannot write; is its disk read-only?") from error


def _begin(connection: Connection[Any], tenant_id: UUID) -> None:
    if connection.info.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN):
        raise NestedTenantError("a practice's transaction cannot begin inside another one")
    # One round trip begins the transaction and sets its practice. A UUID needs no escaping.
    connection.execute(f"begin; select set_config('app.tenant_id', '{UUID(bytes=tenant_id.bytes)}', true)".encode())
