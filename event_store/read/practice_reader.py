"""Reads one practice's log: booking contexts, streams, catalogue events, recorded commands."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg_pool import ConnectionPool

from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import Began, ChangedStream, Reached, RecordedCommand
from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.booking_context import BookingContext
from event_store.append.event_mapper import EventMapper
from event_store.append.recorder import COLUMNS, stored_event
from event_store.direct_call import DirectCall
from event_store.errors import UnknownPracticeError
from event_store.read.claim_columns import claims_of
from event_store.tenancy import fetch_raw, tenant_transaction

_CATALOGUE: Final = (
    "('practice.practice', 'practice.location', 'practice.resource', 'practice.clinician', 'practice.service')"
)
"""The same list as in the index of migrations/0001_log.pre.sql."""

_CONTEXT: Final = DirectCall(b"read_booking_context", b"select * from log.read_booking_context($1, $2, $3, $4, $5, $6)")
_CONTEXTS: Final = DirectCall(
    b"read_booking_contexts",
    b"select c.* from unnest($3::timestamptz[], $4::timestamptz[]) with ordinality as w (opens, closes, number)"
    b" cross join lateral log.read_booking_context($1, $2, w.opens, w.closes, null, null) c order by w.number",
)
_SUBJECTS: Final = DirectCall(b"read_subjects", b"select subject, events from log.read_subjects($1, $2)")
_REACHED: Final = """
select
    e.version,
    (select max(c.position) from log.event c where c.tenant_id = e.tenant_id and c.command_id = e.command_id),
    e.recorded_at
from log.event e
where e.tenant_id = %s and e.stream_id = %s and {wanted}
order by e.version desc
limit 1
"""
_BEGAN: Final = """
select e.version, e.event_type
from log.event last
join log.event e on e.tenant_id = last.tenant_id and e.stream_id = last.stream_id and e.command_id = last.command_id
where last.tenant_id = %s and last.stream_id = %s and last.version = %s
order by e.version
limit 1
"""
_CHANGED: Final = """
select e.stream_id, e.version - 1, last.version, e.position
from log.event e
cross join lateral (
    select x.version from log.event x
    where x.tenant_id = e.tenant_id and x.stream_id = e.stream_id and x.position <= %(until)s
    order by x.version desc
    limit 1
) as last
where e.tenant_id = %(tenant)s and e.position > %(first_after)s and e.position <= %(first_until)s
  and not exists (
    select from log.event x
    where x.tenant_id = e.tenant_id and x.stream_id = e.stream_id and x.version = e.version - 1 and x.position > %(after)s
  )
order by e.position
limit %(limit)s
"""
# Without `order by position`, for which a plan could read the whole log.
_CHANGED_ONE: Final = """
select stream_id, min(version) - 1, max(version), min(position)
from log.event
where tenant_id = %(tenant)s and stream_id = %(stream)s and position > %(after)s and position <= %(until)s
group by stream_id
having min(position) > %(first_after)s and min(position) <= %(first_until)s
"""
_MAX_READS: Final = 5
_TRUE: Final = b"\x01"
CALLS: Final = (_CONTEXT, _CONTEXTS, _SUBJECTS)
"""The statements to prepare on the connections of ``context_pool``."""


class PracticeReader:
    """Implements application.kernel.ports.PracticeReader."""

    def __init__(
        self, tenant_id: UUID, pool: ConnectionPool, context_pool: ConnectionPool, mapper: EventMapper
    ) -> None:
        self._tenant_id = tenant_id
        self._pool = pool
        self._context_pool = context_pool
        self._mapper = mapper

    def read_booking_context(
        self, what: Sequence[UUID], window: TimeRange, *, subject_id: UUID | None = None, command_id: UUID | None = None
    ) -> BookingContext:
        """Read all that a booking depends on, in one round trip.

        Raises UnknownPracticeError: the practice has no log.
        """
        rows = fetch_raw(
            self._context_pool,
            _CONTEXT,
            str(self._tenant_id).encode(),
            _array(map(str, what)),
            window.starts_at.isoformat().encode(),
            window.ends_at.isoformat().encode(),
            _text(subject_id),
            _text(command_id),
        )
        if not rows:
            raise UnknownPracticeError
        return _booking_context(rows[0])

    def read_booking_contexts(self, what: Sequence[UUID], windows: Sequence[TimeRange]) -> Sequence[BookingContext]:
        """Read the claims in each of several windows, in one round trip.

        Each window has a snapshot of its own. If the log changed in between, all are read again, so
        that they have one position. After five attempts they may differ; the append then decides.
        Raises UnknownPracticeError: the practice has no log.
        """
        contexts: list[BookingContext] = []
        for _ in range(_MAX_READS):
            rows = fetch_raw(
                self._context_pool,
                _CONTEXTS,
                str(self._tenant_id).encode(),
                _array(map(str, what)),
                _array(window.starts_at.isoformat() for window in windows),
                _array(window.ends_at.isoformat() for window in windows),
            )
            if len(rows) != len(windows):
                raise UnknownPracticeError
            contexts = [_booking_context(row) for row in rows]
            if len({context.position for context in contexts}) == 1:
                break
        return contexts

    def streams(
        self, stream_ids: Sequence[UUID], until: int | None = None, *, only_to_show: bool = False
    ) -> Mapping[UUID, Sequence[Aggregate.Event]]:
        """Return the events of several streams up to a position, each stream's in order.

        Raises DamagedDataError, unless ``only_to_show``.
        """
        if not stream_ids:
            return {}
        to_domain_event = self._mapper.to_shown_event if only_to_show else self._mapper.to_domain_event
        rows = self._rows(
            f"select {COLUMNS} from log.event"  # noqa: S608  constants only
            " where tenant_id = %s and stream_id = any (%s) and position <= %s order by stream_id, version",
            (self._tenant_id, list(stream_ids), 2**63 - 1 if until is None else until),
        )
        found: dict[UUID, list[Aggregate.Event]] = {}
        for row in rows:
            found.setdefault(row[0], []).append(to_domain_event(stored_event(row)))
        return found

    def reached(self, id_: UUID, *, version: int | None = None, position: int | None = None) -> Reached | None:
        """Return a version of an aggregate, or its version at a position; None if there is none."""
        wanted, value = ("e.version = %s", version) if position is None else ("e.position <= %s", position)
        rows = self._rows(_REACHED.format(wanted=wanted), (self._tenant_id, id_, value))
        return next((Reached(number, last, at.astimezone(UTC)) for number, last, at in rows), None)

    def began(self, id_: UUID, version: int) -> Began | None:
        """Return where the command began that recorded a version of an aggregate."""
        return next((Began(*row) for row in self._rows(_BEGAN, (self._tenant_id, id_, version))), None)

    def changed_between(
        self, after: int, until: int, *, first_in: tuple[int, int], limit: int, stream_id: UUID | None = None
    ) -> Sequence[ChangedStream]:
        """Return aggregates with events in ``(after, until]``, by position of the first event.

        Only those whose first event there is in ``first_in``, which is half-open as well; only
        ``stream_id`` if it is given.
        """
        values = {
            "tenant": self._tenant_id,
            "after": after,
            "until": until,
            "first_after": max(first_in[0], after),
            "first_until": min(first_in[1], until),
            "stream": stream_id,
            "limit": limit,
        }
        return [ChangedStream(*row) for row in self._rows(_CHANGED_ONE if stream_id else _CHANGED, values)]

    def read_subjects(self, subject_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[tuple[str, Mapping[str, Any]]]]:
        """Return topics and bodies of the events of some streams, each stream's in order."""
        rows = fetch_raw(self._context_pool, _SUBJECTS, str(self._tenant_id).encode(), _array(map(str, subject_ids)))
        return {UUID(bytes=subject): _subject_events(events) for subject, events in rows if subject is not None}

    def catalogue_events(self, after: int) -> tuple[int, Sequence[Aggregate.Event]]:
        """Return the log's position, and the catalogue's events since a position, in order."""
        rows = self._rows(
            "select h.position, e.* from log.tenant_head h left join lateral ("  # noqa: S608  constants only
            f" select {COLUMNS}, position as at from log.event"
            f" where tenant_id = h.tenant_id and position > %s and stream_type in {_CATALOGUE}"
            ") e on true where h.tenant_id = %s order by e.at",
            (after, self._tenant_id),
        )
        position = int(rows[0][0]) if rows else 0
        return position, [self._mapper.to_domain_event(stored_event(row[1:-1])) for row in rows if row[-1] is not None]

    def recorded_command(self, command_id: UUID) -> RecordedCommand | None:
        """Return what a command recorded; None if nothing."""
        rows = self._rows(
            "select coalesce(first.fingerprint, ''), first.stream_id, last.version, last.position"
            " from log.event first join lateral ("
            "   select max(e.version) filter (where e.stream_id = first.stream_id) as version, max(e.position) as position"
            "   from log.event e where e.tenant_id = first.tenant_id and e.command_id = first.command_id"
            " ) last on true"
            " where first.tenant_id = %s and first.command_id = %s and first.command_part = 0",
            (self._tenant_id, command_id),
        )
        return next((RecordedCommand(*row) for row in rows), None)

    def position(self) -> int:
        """Return the log's newest position; 0 before its first event."""
        for (position,) in self._rows("select position from log.tenant_head where tenant_id = %s", (self._tenant_id,)):
            return int(position)
        raise UnknownPracticeError

    def _rows(self, statement: str, values: Sequence[object] | Mapping[str, object]) -> list[tuple[Any, ...]]:
        with tenant_transaction(self._pool, self._tenant_id) as cursor:
            return cursor.execute(statement.encode(), values, binary=True).fetchall()


def _booking_context(row: Sequence[bytes | None]) -> BookingContext:
    position, catalogue_position, subject_events, is_command_recorded, *claims = row
    return BookingContext(
        _number(position),
        _number(catalogue_position),
        _subject_events(subject_events),
        is_command_recorded == _TRUE,
        claims_of(claims),
    )


def _subject_events(events: bytes | None) -> Sequence[tuple[str, Mapping[str, Any]]]:
    return () if events is None else [(topic, body) for topic, body in msgspec.json.decode(events)]


def _array(values: Iterable[str]) -> bytes:
    return f"{{{','.join(values)}}}".encode()


def _number(raw: bytes | None) -> int:
    return int.from_bytes(raw or b"", "big")


def _text(id_: UUID | None) -> bytes | None:
    return None if id_ is None else str(id_).encode()
