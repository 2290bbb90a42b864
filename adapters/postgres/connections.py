"""Single connections to PostgreSQL, and the errors that mean it is unavailable."""

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
    psycopg.InterfaceError,  # the connection was lost during a statement
    OperationalError,
    KeyUnavailableError,
)
"""Errors after which a caller may retry: the log or the keys could not be reached."""

Connecting: TypeAlias = Callable[[], Connection[Any]]
TenantWork: TypeAlias = AbstractContextManager[Cursor[Any]]
"""A context manager of one transaction in one practice."""


def connecting(conninfo: str, *, is_durable: bool = True) -> Connecting:
    """Return a function that opens a connection in autocommit mode.

    With ``is_durable`` false, commits do not wait for the disk: for data that the log can restore.
    """
    target = conninfo if is_durable else relaxed(conninfo)

    def connect() -> Connection[Any]:
        return psycopg.connect(target, autocommit=True)

    return connect


def in_database(conninfo: str, name: str) -> str:
    """Return the same login to another database of the server."""
    return make_conninfo(conninfo, dbname=name)


def relaxed(conninfo: str) -> str:
    """Return the same login, with commits that do not wait for the disk."""
    return make_conninfo(conninfo, options="-c synchronous_commit=off")
