"""Single connections to PostgreSQL, and the errors that mean it is away."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, TypeAlias

import psycopg
from eventsourcing.persistence import OperationalError
from psycopg import Connection, Cursor
from psycopg.conninfo import make_conninfo

from event_store.keys.sealing import KeyUnavailableError

OUTAGES: Final[tuple[type[Exception], ...]] = (
    psycopg.OperationalError,  # also psycopg_pool.PoolTimeout: no connection came free in time
    psycopg.InterfaceError,  # a connection that was cut in the middle of its work
    OperationalError,
    KeyUnavailableError,
)
"""What a caller may try again: nothing was decided, the log or the keys could not be reached."""

Connecting: TypeAlias = Callable[[], Connection[Any]]
TenantWork: TypeAlias = AbstractContextManager[Cursor[Any]]
"""One transaction of one practice, to be entered."""


def connecting(conninfo: str, *, is_durable: bool = True) -> Connecting:
    """Return what opens a connection in autocommit mode.

    With ``is_durable`` false its commits do not wait for the disk: for what can be made again from the log.
    """
    target = conninfo if is_durable else relaxed(conninfo)

    def connect() -> Connection[Any]:
        return psycopg.connect(target, autocommit=True)

    return connect


def in_database(conninfo: str, name: str) -> str:
    """Return the same login to another database of the server."""
    return make_conninfo(conninfo, dbname=name)


def relaxed(conninfo: str) -> str:
    """Return the same, with commits that do not wait for the disk."""
    return make_conninfo(conninfo, options="-c synchronous_commit=off")
