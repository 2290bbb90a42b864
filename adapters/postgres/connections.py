"""Single connections to PostgreSQL, and the errors that mean it is unavailable."""

from typing import Any, Final

import psycopg
from eventsourcing.persistence import OperationalError
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from event_store.keys.sealing import KeyUnavailableError

OUTAGES: Final[tuple[type[Exception], ...]] = (
    psycopg.OperationalError,  # also psycopg_pool.PoolTimeout: no connection became free in time
    psycopg.InterfaceError,  # the connection was lost during a statement
    OperationalError,
    KeyUnavailableError,
)
"""Errors after which a caller may retry: the log or the keys could not be reached."""


def connect(conninfo: str) -> Connection[Any]:
    """Open a connection in autocommit mode."""
    return psycopg.connect(conninfo, autocommit=True)


def in_database(conninfo: str, name: str) -> str:
    """Return the same login to another database of the server."""
    return make_conninfo(conninfo, dbname=name)


def relaxed(conninfo: str) -> str:
    """Return the same login, with commits that do not wait for the disk."""
    return make_conninfo(conninfo, options="-c synchronous_commit=off")
