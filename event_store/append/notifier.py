"""Hints that a practice's log has grown. The truth is a sweep of heads against cursors; a hint only makes it come sooner.

Appends never notify: a NOTIFY inside an append cost most of the writes. One connection per process tells the others,
about once a millisecond, which practices have grown since.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import Connection

CHANNEL: Final = "scheduler_log"
WEBHOOKS: Final = "scheduler_webhooks"
"""The database notifies this channel when a projector's commit has added messages to send."""
JOBS: Final = "scheduler_jobs"
"""The database notifies this channel when a commit has added jobs that are due."""
_PAUSE_SECONDS: Final = 0.001
"""How long hints gather after one was sent. Four milliseconds were half of the read models' lag at 200 appends a second."""
_MOST_NAMED: Final = 150
"""A notification holds 8,000 bytes; beyond this many practices it names none, which means: look at all."""


class Notifier:
    """Tells other processes, in the background, which practices have grown."""

    def __init__(self, connect: Callable[[], Connection[Any]]) -> None:
        self._connect = connect
        self._grown: set[UUID] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()

    def grown(self, tenant_id: UUID) -> None:
        """Remember to tell; returns at once."""
        with self._changed:
            if tenant_id not in self._grown:
                self._grown.add(tenant_id)
                self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(5)

    def _run(self) -> None:
        connection: Connection[Any] | None = None
        pause = threading.Event()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._grown or self._closed)
                if self._closed:
                    break
                grown, self._grown = self._grown, set()
            payload = ",".join(map(str, grown)) if len(grown) <= _MOST_NAMED else ""
            try:
                if connection is None or connection.closed:
                    connection = self._connect()
                    # A lost hint costs a sweep's delay, so its commit need not wait for the disk.
                    connection.execute("set synchronous_commit = off")
                connection.execute("select pg_notify(%s, %s)", (CHANNEL, payload))
            except psycopg.Error:
                connection = None  # the sweep finds what this hint would have told
            pause.wait(_PAUSE_SECONDS)
        if connection is not None:
            connection.close()


def listen(connection: Connection[Any], timeout_seconds: float, channel: str = CHANNEL) -> Iterator[set[UUID] | None]:
    """Yield, for ever, the practices that have grown; None when none was named for ``timeout_seconds`` or all may have grown.

    ``connection`` is in autocommit mode and serves nothing else. Raises psycopg.OperationalError when it is lost.
    """
    connection.execute(f"listen {channel}".encode())
    while True:
        named: set[UUID] = set()
        is_told, is_whole = False, False
        for notify in connection.notifies(timeout=timeout_seconds, stop_after=1):
            is_told, is_whole = True, is_whole or not notify.payload
            named.update(UUID(name) for name in notify.payload.split(",") if name)
        yield named if is_told and not is_whole else None
