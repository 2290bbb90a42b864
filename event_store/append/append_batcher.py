"""Joins appends that are asked for at the same time into one statement and one commit.

Whoever finds a free connection leads: it takes what waits (at most one append per practice, at most ``most`` together), flies
it, and hands the connection to the next one waiting. Under load a commit then serves many practices; alone, an append flies
at once. There is no thread of our own and no delay added.

Each append succeeds or is refused on its own. If a flight fails as a whole, each of its appends is tried again alone, under
its command id, which makes a second try safe even if the first was committed before its answer was lost.
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

from domain.kernel.provenance import CommandRepeatedError
from domain.scheduling.errors import TimeTakenError
from domain.scheduling.time_claim import TimeClaim, TimeRelease
from event_store.append.append_rows import AppendRows, joined
from event_store.append.guards import REFUSALS
from event_store.direct_call import DirectCall
from event_store.errors import StaleStreamError, StoreUnavailableError, UnknownPracticeError
from event_store.tenancy import tenant_transaction

_APPEND: Final = DirectCall(b"append", b"select outcome, position from log.append($1, $2, $3, $4, $5)", Format.BINARY)
_YES, _NO = b"\x01", b"\x00"

TIMEOUT_SECONDS: Final = 2.0
"""How long an append is tried again when the database is away or another program holds the practice's head."""


@dataclass(slots=True, eq=False)
class Append:
    """One practice's append and, once it has landed, its outcome. ``rows`` are what travels of it, ``stream_id`` its first event's."""

    tenant_id: UUID
    command_id: UUID
    stream_id: UUID
    rows: AppendRows
    guards: Sequence[object] = ()
    outcome: str = ""
    position: int = 0
    wakes: threading.Lock = field(default_factory=threading.Lock)
    leads_on: "Connection[Any] | None" = None

    @property
    def claims(self) -> list[TimeClaim]:
        return [guard for guard in self.guards if isinstance(guard, TimeClaim)]

    @property
    def released(self) -> set[UUID]:
        return {guard.holder_id for guard in self.guards if isinstance(guard, TimeRelease)}


class AppendBatcher:
    """Carries appends to the log over its own few connections; thread-safe."""

    def __init__(self, connect: Callable[[], Connection[Any]], *, flights: int = 2, most: int = 32) -> None:
        """``connect`` opens an autocommit connection; ``flights`` is how many statements may be under way at once."""
        self._connect = connect
        self._most = most
        self._lock = threading.Lock()
        self._free: list[Connection[Any] | None] = [None] * flights
        self._waiting: deque[Append] = deque()
        self._airborne: set[UUID] = set()

    def append(self, request: Append) -> int:
        """Return the position of the append's last event, once it is durable.

        Raises StaleStreamError, TimeTakenError, DailyLimitError, WeeklyLimitError, PatientWithdrawnError, CommandRepeatedError,
        UnknownPracticeError: refused, nothing was written.
        Raises StoreUnavailableError: the database could not be reached; the same command may be sent again.
        """
        request.wakes.acquire()
        with self._lock:
            leads = bool(self._free) and request.tenant_id not in self._airborne
            if leads:
                request.leads_on = self._free.pop()
                self._airborne.add(request.tenant_id)
            else:
                self._waiting.append(request)
        if not leads:
            request.wakes.acquire()
        if not request.outcome:
            self._lead(request)
        if request.outcome in ("busy", "failed"):
            self._fly_alone(request)
        return _position(request)

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._lock:
            for connection in self._free:
                if connection is not None:
                    connection.close()
            self._free = [None] * len(self._free)

    def _ready(self) -> Connection[Any]:
        connection = self._connect()
        try:
            _APPEND.prepare(connection)
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def _lead(self, own: Append) -> None:
        """Fly ``own`` and what else waits, then hand the connection on."""
        with self._lock:
            flight = self._board(own)
        connection = own.leads_on
        try:
            if connection is None or connection.closed:
                connection = self._ready()
            _fly(connection, flight, wait=False)
        except BaseException as error:
            for request in flight:
                request.outcome = "failed"
            if connection is not None:
                connection.close()
            connection = None
            if not isinstance(error, psycopg.Error):
                raise
        finally:
            self._land(flight, own, connection)

    def _board(self, own: Append) -> list[Append]:
        """Take what waits beside ``own``: one append a practice, none of a practice that is in the air. Called with the lock held."""
        flight = [own]
        if not self._waiting:
            return flight
        staying: deque[Append] = deque()
        for request in self._waiting:
            if len(flight) < self._most and request.tenant_id not in self._airborne:
                self._airborne.add(request.tenant_id)
                flight.append(request)
            else:
                staying.append(request)
        self._waiting = staying
        # One order of locking for everybody, so that two programs never wait for each other in a ring.
        flight.sort(key=lambda request: request.tenant_id)
        return flight

    def _land(self, flight: Sequence[Append], own: Append, connection: Connection[Any] | None) -> None:
        with self._lock:
            self._airborne.difference_update(request.tenant_id for request in flight)
            refused = self._overtaken(flight) if self._waiting else []
            heir = next((request for request in self._waiting if request.tenant_id not in self._airborne), None)
            if heir is None:
                self._free.append(connection)
            else:
                self._waiting.remove(heir)
                self._airborne.add(heir.tenant_id)
                heir.leads_on = connection
        for request in (*flight, *refused):
            if request is not own:
                request.wakes.release()
        if heir is not None:
            heir.wakes.release()

    def _overtaken(self, flight: Sequence[Append]) -> list[Append]:
        """Take off those that wait for a time which has just been taken: they need not fly to be refused. Called with the lock held."""
        taken = [
            (request.tenant_id, claim)
            for request in flight
            if request.outcome == "appended"
            for claim in request.claims
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
        recorded = {request.command_id for request in flight if request.outcome == "appended"}
        for request in refused:
            request.outcome = "repeated" if request.command_id in recorded else "taken"
            self._waiting.remove(request)
        return refused

    def _fly_alone(self, request: Append) -> None:
        """Try one append by itself, waiting for its practice's head."""
        was_lost = request.outcome == "failed"
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                with self._ready() as connection:
                    connection.execute(f"set lock_timeout = '{int(TIMEOUT_SECONDS)}s'")
                    _fly(connection, [request], wait=True)
                    # A lost answer may have been a commit: then the command is in the log, and this is its answer. Unless it is there
                    # with another thing: then the caller sent it twice, and the other one was first.
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
                time.sleep(0.05)


def _fly(connection: Connection[Any], flight: Sequence[Append], *, wait: bool) -> None:
    batch, waits = joined([request.rows for request in flight]), _YES if wait else _NO
    try:
        answers = _APPEND.texts(connection, *batch, waits, _NO)
    except (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation):
        # One of them cannot be written, and so none was: now each is looked at.
        answers = _APPEND.texts(connection, *batch, waits, _YES)
    for request, (outcome, position) in zip(flight, answers, strict=True):
        request.outcome, request.position = outcome.decode(), int(position or 0)


def _position(request: Append) -> int:
    if request.outcome == "appended":
        return request.position
    if request.outcome == "stale":
        raise StaleStreamError
    if request.outcome == "repeated":
        raise CommandRepeatedError
    if request.outcome in REFUSALS:
        raise REFUSALS[request.outcome]
    raise UnknownPracticeError


def _own_position(connection: Connection[Any], request: Append) -> int | None:
    """Return the position of the last event that the command wrote; None if it wrote of another thing."""
    with tenant_transaction(connection, request.tenant_id) as cursor:
        row = cursor.execute(
            "select max(position) from log.event where tenant_id = %s and command_id = %s"
            " having bool_or(command_part = 0 and stream_id = %s)",
            (request.tenant_id, request.command_id, request.stream_id),
        ).fetchone()
    return int(row[0]) if row else None
