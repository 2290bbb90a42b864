"""Connections to PostgreSQL, its notifications, and the errors that mean it is unavailable."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, Final

import psycopg
from eventsourcing.persistence import OperationalError
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from event_store.append.notifier import listen
from event_store.keys.sealing import KeyUnavailableError

OUTAGES: Final[tuple[type[Exception], ...]] = (
    psycopg.OperationalError,  # also psycopg_pool.PoolTimeout: no connection became free in time
    psycopg.InterfaceError,  # the connection was lost during a statement
    OperationalError,
    KeyUnavailableError,
)
"""Errors after which a caller may retry: the log or the keys could not be reached."""
_NOTIFY_TIMEOUT_SECONDS: Final = 1.0


def connect(conninfo: str) -> Connection[Any]:
    """Open a connection in autocommit mode."""
    return psycopg.connect(conninfo, autocommit=True)


def in_database(conninfo: str, name: str) -> str:
    """Return the same login to another database of the server."""
    return make_conninfo(conninfo, dbname=name)


def relaxed(conninfo: str) -> str:
    """Return the same login, with commits that do not wait for the disk."""
    return make_conninfo(conninfo, options="-c synchronous_commit=off")


@contextmanager
def waking(conninfo: str, channel: str, wake: Callable[[], None], stop: Event) -> Iterator[None]:
    """Call ``wake`` on each notification on a channel, and once a second, until ``stop`` is set.

    Leave the block only after ``stop`` is set.
    """

    def follow() -> None:
        while not stop.is_set():
            try:
                with connect(conninfo) as connection:
                    for _ in listen(connection, _NOTIFY_TIMEOUT_SECONDS, channel):
                        wake()
                        if stop.is_set():
                            return
            except OUTAGES:
                stop.wait(_NOTIFY_TIMEOUT_SECONDS)

    thread = Thread(target=follow, name=channel, daemon=True)
    thread.start()
    yield
    thread.join(2 * _NOTIFY_TIMEOUT_SECONDS)
