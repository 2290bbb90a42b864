"""Notices a server that has stopped answering: frozen, or behind a broken network."""

import select
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.errors import ConnectionTimeout

_PAUSE_SECONDS: Final = 0.5
_SILENCE_SECONDS: Final = 3
"""A busy server answers ``select 1`` within milliseconds, since that needs no lock and no disk."""
_SLICE_SECONDS: Final = 0.25


class DatabaseWatch:
    """Asks the server for a sign of life twice a second, on a connection and a thread of its own.

    Calls ``tell(False)`` after three seconds without an answer, and ``tell(True)`` with the next
    one. A server that refuses connections, or cuts them, answers: its callers get errors.
    """

    def __init__(self, conninfo: str, tell: Callable[[bool], None]) -> None:
        self._conninfo = conninfo
        self._tell = tell
        self._answers = True
        self._stop = Event()
        self._thread = Thread(target=self._run, name="database watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(2 * _SILENCE_SECONDS)

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE_SECONDS):
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=_SILENCE_SECONDS) as connection:
                    self._note(True)
                    while not self._stop.wait(_PAUSE_SECONDS) and self._ask(connection):
                        pass
            except ConnectionTimeout:
                self._note(False)
            except psycopg.Error:
                self._note(True)

    def _ask(self, connection: Connection[Any]) -> bool:
        """Wait for an answer; return False if the watch was closed. Raises psycopg.Error."""
        pgconn = connection.pgconn
        pgconn.send_query(b"select 1")
        answer = select.poll()  # unlike select.select, for any number of open files
        answer.register(pgconn.socket, select.POLLIN)
        waited = 0.0
        while True:
            # In slices: a process that was itself stopped, or starved, does not blame the server.
            began = time.monotonic()
            if answer.poll(1000 * _SLICE_SECONDS):
                pgconn.consume_input()
                while not pgconn.is_busy():
                    if pgconn.get_result() is None:
                        self._note(True)
                        return True
            else:
                waited += min(time.monotonic() - began, _SLICE_SECONDS)
            if self._stop.is_set():
                return False
            if waited >= _SILENCE_SECONDS:
                self._note(False)

    def _note(self, answers: bool) -> None:
        if answers is not self._answers:
            self._answers = answers
            self._tell(answers)
