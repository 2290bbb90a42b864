"""Notifications that a practice's log has new events.

Readers also compare heads with cursors now and then; a notification only makes them look sooner. A
NOTIFY inside an append cost most of the writes, so one connection per process sends them, about
once a millisecond.
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
"""Between notifications; 4 ms were half the read models' lag at 200 appends a second."""
_MAX_IDS: Final = 150
"""A notification holds 8,000 bytes; for more practices it is empty, which means all."""


class Notifier:
    """Notifies other processes of appends, from a thread of its own."""

    def __init__(self, connect: Callable[[], Connection[Any]]) -> None:
        self._connect = connect
        self._appended: set[UUID] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()

    def notify_appended(self, tenant_id: UUID) -> None:
        """Schedule a notification; returns at once."""
        with self._changed:
            if tenant_id not in self._appended:
                self._appended.add(tenant_id)
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
                self._changed.wait_for(lambda: self._appended or self._closed)
                if self._closed:
                    break
                appended, self._appended = self._appended, set()
            payload = ",".join(map(str, appended)) if len(appended) <= _MAX_IDS else ""
            try:
                if connection is None or connection.closed:
                    connection = self._connect()
                    # A lost notification only delays readers: do not wait for the disk.
                    connection.execute("set synchronous_commit = off")
                connection.execute("select pg_notify(%s, %s)", (CHANNEL, payload))
            except psycopg.Error:
                connection = None  # the notification is lost
            pause.wait(_PAUSE_SECONDS)
        if connection is not None:
            connection.close()


def listen(connection: Connection[Any], timeout_seconds: float, channel: str = CHANNEL) -> Iterator[set[UUID] | None]:
    """Yield the practices that have new events; None after a timeout, or if all may have.

    ``connection`` is in autocommit mode. Raises psycopg.OperationalError: it was lost.
    """
    connection.execute(f"listen {channel}".encode())
    while True:
        payloads = [notify.payload for notify in connection.notifies(timeout=timeout_seconds, stop_after=1)]
        ids = {UUID(id_) for payload in payloads for id_ in payload.split(",") if id_}
        yield ids if payloads and all(payloads) else None
