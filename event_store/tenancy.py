"""The one door to tenant data: a transaction that belongs to one practice.

Row-level security shows a transaction the rows of ``app.tenant_id`` and nothing else, and nothing at all where it is not set.
The setting is LOCAL, so that it ends with the transaction; on a connection in autocommit mode LOCAL is silently without
effect, which is why this context manager begins the transaction itself.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, Final, TypeVar
from uuid import UUID

from psycopg import Connection, Cursor, OperationalError
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from event_store.direct_call import DirectCall

T = TypeVar("T")

RESET = (
    "close all; set session authorization default; reset all; unlisten *;"
    " select pg_advisory_unlock_all(); discard temp; discard sequences"
)
"""What a connection forgets when it returns to the pool. Not DISCARD ALL, which would break psycopg's prepared statements."""

RECONNECT_SECONDS: Final = 2.0
"""How long a pool retries by itself; after that the next caller starts again.

Its pauses double for as long as it tries. The pool's own five minutes would, after an outage of one minute, leave the program without
its database for another.
"""


class NestedTenantError(RuntimeError):
    """A practice's transaction was begun inside another transaction."""


@contextmanager
def tenant_transaction(source: ConnectionPool | Connection[Any], tenant_id: UUID) -> Iterator[Cursor[Any]]:
    """Run the block as one transaction of one practice; it commits at the end and rolls back on an error.

    ``source`` is a pool, or a connection in autocommit mode that is not inside a transaction.
    Raises NestedTenantError: the connection is already in a transaction; PoolTimeout: no connection became free in time.
    """
    if isinstance(source, ConnectionPool):
        connection = _begun_from(source, tenant_id)
        try:
            with _ending(connection) as cursor:
                yield cursor
        finally:
            source.putconn(connection)
    else:
        _begin(source, tenant_id)
        with _ending(source) as cursor:
            yield cursor


def fetch_raw(pool: ConnectionPool, call: DirectCall, *values: bytes | None) -> list[list[bytes | None]]:
    """Run one reading call, which the pool was opened with, outside any transaction of ours.

    Return its rows in PostgreSQL's binary forms. A connection that the server has dropped meanwhile is
    replaced. Raises OperationalError: there is no live one to be had.
    """
    return _on_live_connection(pool, lambda connection: call.raw(connection, *values))[1]


def _begun_from(pool: ConnectionPool, tenant_id: UUID) -> Connection[Any]:
    return _on_live_connection(pool, lambda connection: _begin(connection, tenant_id), keep=True)[0]


def _on_live_connection(
    pool: ConnectionPool, act: Callable[[Connection[Any]], T], *, keep: bool = False
) -> tuple[Connection[Any], T]:
    """Act on a connection of the pool; after a restart of the server each idle one fails once and is replaced."""
    for attempt in count():
        connection = pool.getconn()
        is_kept = False
        try:
            result = act(connection)
            is_kept = keep
            return connection, result
        except OperationalError:
            if not connection.broken or attempt >= pool.max_size:
                raise
        finally:
            if not is_kept:
                pool.putconn(connection)
    raise OperationalError("no live connection")


def _begin(connection: Connection[Any], tenant_id: UUID) -> None:
    if connection.info.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN):
        raise NestedTenantError("a practice's transaction cannot begin inside another one")
    # One round trip begins the transaction and names its practice. Formatting is safe: the id is a UUID object.
    connection.execute(f"begin; select set_config('app.tenant_id', '{UUID(bytes=tenant_id.bytes)}', true)".encode())


@contextmanager
def _ending(connection: Connection[Any]) -> Iterator[Cursor[Any]]:
    try:
        with connection.cursor() as cursor:
            yield cursor
    except BaseException:
        if not connection.closed:
            connection.execute("rollback")
        raise
    connection.execute("commit")


def open_pool(
    conninfo: str,
    *,
    name: str,
    most: int,
    wait_seconds: float = 2.0,
    resets: bool = True,
    calls: Sequence[DirectCall] = (),
) -> ConnectionPool:
    """Open a pool of autocommit connections that forget everything on return.

    ``calls`` are prepared on each of them. ``resets=False`` is only for connections that serve one component which leaves nothing
    behind in a session: the call of one function, or a projector's transactions.

    A caller waits at most ``wait_seconds`` for a connection, then gets psycopg_pool.PoolTimeout.
    """

    def configure(connection: Connection[Any]) -> None:
        for call in calls:
            call.prepare(connection)

    pool = ConnectionPool(
        conninfo,
        name=name,
        min_size=1,
        max_size=most,
        timeout=wait_seconds,
        reconnect_timeout=RECONNECT_SECONDS,
        kwargs={"autocommit": True},
        configure=configure,
        reset=_forget if resets else None,
        open=False,
    )
    pool.open()
    return pool


def _forget(connection: Connection[Any]) -> None:
    connection.execute(RESET)
