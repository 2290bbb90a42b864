"""Combines concurrent appends into batches: one statement and one commit for several practices.

The caller that finds an idle connection sends a batch of the waiting appends, at most one per
practice, and hands the connection to the next caller that waits. Under load one commit serves many
practices; without load an append is sent at once. There is no extra thread and no added delay.

Each append succeeds or fails by itself. If a batch fails as a whole, its appends are retried one by
one. That is safe even if the batch was committed, since a command id is recorded once.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.pq import Format

from domain.scheduling.errors import TimeTakenError
from domain.scheduling.time_claim import TimeClaim, TimeRelease
from event_store.append.append_rows import AppendRows, join_rows
from event_store.append.guards import REFUSALS
from event_store.direct_call import DirectCall
from event_store.errors import StaleStreamError, StoreUnavailableError, is_read_only
from event_store.pause import pause
from event_store.tenancy import tenant_transaction

_APPEND: Final = DirectCall(
    b"append", b"select outcome, position from log.append($1, $2, $3, $4, $5)", Format.BINARY, Format.TEXT
)
_TRUE, _FALSE = b"\x01", b"\x00"
_CONNECTIONS: Final = 2
_MAX_BATCH: Final = 32

TIMEOUT_SECONDS: Final = 2.0
"""How long an append is retried while the database is unavailable or the head is locked."""


@dataclass(slots=True, eq=False)
class Append:
    """One practice's append and its outcome. ``stream_id`` is the stream of its first event."""

    tenant_id: UUID
    command_id: UUID
    stream_id: UUID
    rows: AppendRows
    guards: Sequence[object] = ()
    outcome: str = ""
    position: int = 0
    wake_up: threading.Lock = field(default_factory=threading.Lock)
    connection: Connection[Any] | None = None

    @property
    def claims(self) -> list[TimeClaim]:
        return [guard for guard in self.guards if isinstance(guard, TimeClaim)]

    @property
    def released(self) -> set[UUID]:
        return {guard.holder_id for guard in self.guards if isinstance(guard, TimeRelease)}


class AppendBatcher:
    """Writes appends to the log over a few connections of its own; thread-safe."""

    def __init__(self, connect: Callable[[], Connection[Any]]) -> None:
        """``connect`` opens a connection in autocommit mode."""
        self._connect = connect
        self._lock = threading.Lock()
        self._idle: list[Connection[Any] | None] = [None] * _CONNECTIONS
        self._waiting: deque[Append] = deque()
        self._in_flight: set[UUID] = set()

    def append(self, request: Append) -> int:
        """Return the position of the append's last event, once it is durable.

        Raises an error of guards.REFUSALS: refused, nothing was written.
        Raises StoreUnavailableError: no answer in time; the same command may be sent again.
        """
        request.wake_up.acquire()
        with self._lock:
            is_sender = bool(self._idle) and request.tenant_id not in self._in_flight
            if is_sender:
                request.connection = self._idle.pop()
                self._in_flight.add(request.tenant_id)
            else:
                self._waiting.append(request)
        if not is_sender:
            request.wake_up.acquire()
        if not request.outcome:
            self._send_batch(request)
        if request.outcome in ("busy", "failed"):
            self._send_alone(request)
        if request.outcome != "appended":
            raise REFUSALS[request.outcome]
        return request.position

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            for connection in self._idle:
                if connection is not None:
                    connection.close()
            self._idle = [None] * len(self._idle)

    def _open_connection(self) -> Connection[Any]:
        connection = self._connect()
        try:
            _APPEND.prepare(connection)
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def _send_batch(self, own: Append) -> None:
        with self._lock:
            batch = self._take_batch(own)
        connection = own.connection
        try:
            if connection is None or connection.closed:
                connection = self._open_connection()
            _send(connection, batch, wait=False)
        except BaseException as error:
            for request in batch:
                request.outcome = "failed"
            if connection is not None:
                connection.close()
            connection = None
            if not isinstance(error, psycopg.Error):
                raise
        finally:
            self._finish_batch(batch, own, connection)

    def _take_batch(self, own: Append) -> list[Append]:
        """Return ``own`` with waiting appends of other practices. Requires the lock."""
        batch = [own]
        if not self._waiting:
            return batch
        waiting: deque[Append] = deque()
        for request in self._waiting:
            if len(batch) < _MAX_BATCH and request.tenant_id not in self._in_flight:
                self._in_flight.add(request.tenant_id)
                batch.append(request)
            else:
                waiting.append(request)
        self._waiting = waiting
        # All programs lock heads in the same order, so they cannot deadlock.
        batch.sort(key=lambda request: request.tenant_id)
        return batch

    def _finish_batch(self, batch: Sequence[Append], own: Append, connection: Connection[Any] | None) -> None:
        """Wake the callers whose outcome is known, and the one that uses the connection next."""
        with self._lock:
            self._in_flight.difference_update(request.tenant_id for request in batch)
            refused = self._refuse_conflicting(batch) if self._waiting else []
            successor = next((request for request in self._waiting if request.tenant_id not in self._in_flight), None)
            if successor is None:
                self._idle.append(connection)
            else:
                self._waiting.remove(successor)
                self._in_flight.add(successor.tenant_id)
                successor.connection = connection
        for request in (*batch, *refused):
            if request is not own:
                request.wake_up.release()
        if successor is not None:
            successor.wake_up.release()

    def _refuse_conflicting(self, batch: Sequence[Append]) -> list[Append]:
        """Refuse waiting appends that claim a time which ``batch`` took. Requires the lock."""
        taken = [
            (request.tenant_id, claim) for request in batch if request.outcome == "appended" for claim in request.claims
        ]
        refused = [
            waiting
            for waiting in self._waiting
            if any(
                tenant_id == waiting.tenant_id and claim.what == wanted.what and claim.during.overlaps(wanted.during)
                for tenant_id, claim in taken
                if claim.holder_id not in waiting.released
                for wanted in waiting.claims
                if not wanted.beside
            )
        ]
        recorded = {request.command_id for request in batch if request.outcome == "appended"}
        for request in refused:
            request.outcome = "repeated" if request.command_id in recorded else "taken"
            self._waiting.remove(request)
        return refused

    def _send_alone(self, request: Append) -> None:
        """Retry one append, waiting for the lock of its practice's head."""
        was_lost = request.outcome == "failed"
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                with self._open_connection() as connection:
                    connection.execute(f"set lock_timeout = '{int(TIMEOUT_SECONDS)}s'")
                    _send(connection, [request], wait=True)
                    # A lost answer may have been a commit: then the events are the
                    # result. For another stream, the caller used the id twice.
                    if was_lost and request.outcome == "repeated" and (position := _own_position(connection, request)):
                        request.position, request.outcome = position, "appended"
                    return
            except psycopg.errors.ExclusionViolation as error:
                raise TimeTakenError from error
            except psycopg.errors.UniqueViolation as error:
                raise StaleStreamError from error
            except psycopg.OperationalError as error:
                was_lost = True
                if time.monotonic() > deadline:
                    raise StoreUnavailableError("the log cannot be reached; try again") from error
                pause(0.05)
            except psycopg.Error as error:
                if is_read_only(error):
                    raise StoreUnavailableError("the log cannot be written; is its disk read-only?") from error
                raise


def _send(connection: Connection[Any], batch: Sequence[Append], *, wait: bool) -> None:
    arrays, wait_for_heads = join_rows([request.rows for request in batch]), _TRUE if wait else _FALSE
    try:
        answers = _APPEND.run(connection, *arrays, wait_for_heads, _FALSE)
    except (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation):
        # One append violates a constraint, so none was written: check each of them.
        answers = _APPEND.run(connection, *arrays, wait_for_heads, _TRUE)
    for request, (outcome, position) in zip(batch, answers, strict=True):
        request.outcome, request.position = (outcome or b"").decode(), int(position or 0)


def _own_position(connection: Connection[Any], request: Append) -> int | None:
    """Return the last position that the command wrote; None if it wrote to another stream."""
    with tenant_transaction(connection, request.tenant_id) as cursor:
        row = cursor.execute(
            "select max(position) from log.event where tenant_id = %s and command_id = %s"
            " having bool_or(command_part = 0 and stream_id = %s)",
            (request.tenant_id, request.command_id, request.stream_id),
        ).fetchone()
    return int(row[0]) if row else None
