"""The one door to tenant data: a transaction that belongs to one practice.

Row-level security shows a transaction the rows of ``app.tenant_id`` and nothing else, and nothing at all where it is not set.
The setting is LOCAL, so that it ends with the transaction; on a connection in autocommit mode LOCAL is silently without
effect, which is why this context manager begins the transaction itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

RESET = (
    "close all; set session authorization default; reset all; unlisten *;"
    " select pg_advisory_unlock_all(); discard temp; discard sequences"
)
"""What a connection forgets when it returns to the pool. Not DISCARD ALL, which would break psycopg's prepared statements."""


class NestedTenantError(RuntimeError):
    """A practice's transaction was begun inside another transaction."""


@contextmanager
def tenant_transaction(source: ConnectionPool | Connection[Any], tenant_id: UUID) -> Iterator[Cursor[Any]]:
    """Run the block as one transaction of one practice; it commits at the end and rolls back on an error.

    ``source`` is a pool, or a connection in autocommit mode that is not inside a transaction.
    Raises NestedTenantError: the connection is already in a transaction; PoolTimeout: no connection became free in time.
    """
    if isinstance(source, ConnectionPool):
        with source.connection() as connection, tenant_transaction(connection, tenant_id) as cursor:
            yield cursor
        return
    if source.info.transaction_status != TransactionStatus.IDLE:
        raise NestedTenantError("a practice's transaction cannot begin inside another one")
    # One round trip begins the transaction and names its practice. Formatting is safe: the id is a UUID object.
    source.execute(f"begin; select set_config('app.tenant_id', '{UUID(bytes=tenant_id.bytes)}', true)".encode())
    try:
        with source.cursor() as cursor:
            yield cursor
    except BaseException:
        if not source.closed:
            source.execute("rollback")
        raise
    source.execute("commit")


def open_pool(conninfo: str, *, name: str, most: int, wait_seconds: float = 2.0, resets: bool = True) -> ConnectionPool:
    """Open a pool of autocommit connections that forget everything on return.

    ``resets=False`` is only for connections that call one function and nothing else.

    A caller waits at most ``wait_seconds`` for a connection, then gets psycopg_pool.PoolTimeout.
    """
    pool = ConnectionPool(
        conninfo,
        name=name,
        min_size=1,
        max_size=most,
        timeout=wait_seconds,
        kwargs={"autocommit": True},
        reset=_forget if resets else None,
        open=False,
    )
    pool.open()
    return pool


def _forget(connection: Connection[Any]) -> None:
    connection.execute(RESET)
