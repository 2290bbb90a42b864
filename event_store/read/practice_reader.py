"""Reads one practice's log beside its streams: what a booking depends on, the catalogue's events, a command's events."""

from collections.abc import Mapping, Sequence
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
"""The stream types of what can be booked; the same list as in the index of migrations/0001_log.pre.sql."""

_CONSULT: Final = DirectCall(
    b"read_booking_context",
    b"select * from log.read_booking_context($1, $2, $3, $4, $5, $6)",
)
_CONSULT_EACH: Final = DirectCall(
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
where e.tenant_id = %(tenant)s and e.position > %(behind)s and e.position <= %(reach)s
  and not exists (
    select from log.event x
    where x.tenant_id = e.tenant_id and x.stream_id = e.stream_id and x.version = e.version - 1 and x.position > %(after)s
  )
order by e.position
limit %(limit)s
"""
# By its own versions, so that no plan walks the log to find it.
_CHANGED_ONE: Final = """
select stream_id, min(version) - 1, max(version), min(position)
from log.event
where tenant_id = %(tenant)s and stream_id = %(thing)s and position > %(after)s and position <= %(until)s
group by stream_id
having min(position) > %(behind)s and min(position) <= %(reach)s
"""
_TRIES_FOR_ONE_POSITION: Final = 5
_TRUE: Final = b"\x01"
CALLS: Final = (_CONSULT, _CONSULT_EACH, _SUBJECTS)
"""What the consulting pool's connections must have prepared."""


class PracticeReader:
    """Implements application.kernel.ports.PracticeReader."""

    def __init__(
        self, tenant_id: UUID, pool: ConnectionPool, consulting_pool: ConnectionPool, mapper: EventMapper
    ) -> None:
        """``consulting_pool`` only calls functions of ours, which leave nothing behind on its connections."""
        self._tenant_id = tenant_id
        self._pool = pool
        self._consulting_pool = consulting_pool
        self._mapper = mapper

    def read_booking_context(
        self, what: Sequence[UUID], window: TimeRange, *, subject_id: UUID | None = None, command_id: UUID | None = None
    ) -> BookingContext:
        """Read all that a booking depends on, in one round trip. Raises UnknownPracticeError: its log was never opened."""
        rows = fetch_raw(
            self._consulting_pool,
            _CONSULT,
            str(self._tenant_id).encode(),
            f"{{{','.join(map(str, what))}}}".encode(),
            window.starts_at.isoformat().encode(),
            window.ends_at.isoformat().encode(),
            _text(subject_id),
            _text(command_id),
        )
        if not rows:
            raise UnknownPracticeError
        return _booking_context(rows[0])

    def read_booking_contexts(self, what: Sequence[UUID], windows: Sequence[TimeRange]) -> Sequence[BookingContext]:
        """Read the claims on each of several windows, in their order, in one round trip. Raises UnknownPracticeError.

        Each window is a reading of its own. If the log grew between them all are read again, so that they belong to one position;
        in a practice that is never still for so long they are answered as they came, and it is for the append to refuse.
        """
        consultations: list[BookingContext] = []
        for _ in range(_TRIES_FOR_ONE_POSITION):
            rows = fetch_raw(
                self._consulting_pool,
                _CONSULT_EACH,
                str(self._tenant_id).encode(),
                f"{{{','.join(map(str, what))}}}".encode(),
                f"{{{','.join(window.starts_at.isoformat() for window in windows)}}}".encode(),
                f"{{{','.join(window.ends_at.isoformat() for window in windows)}}}".encode(),
            )
            if len(rows) != len(windows):
                raise UnknownPracticeError
            consultations = [_booking_context(row) for row in rows]
            if len({consultation.position for consultation in consultations}) == 1:
                break
        return consultations

    def streams(self, stream_ids: Sequence[UUID], until: int | None = None) -> Mapping[UUID, Sequence[Aggregate.Event]]:
        """Return the events of several things, each thing's in order, up to a position of the log, in one round trip."""
        with tenant_transaction(self._pool, self._tenant_id) as cursor:
            rows = cursor.execute(
                f"select {COLUMNS} from log.event"  # noqa: S608  constants only
                " where tenant_id = %s and stream_id = any (%s) and position <= %s order by stream_id, version",
                (self._tenant_id, list(stream_ids), 2**63 - 1 if until is None else until),
                binary=True,
            ).fetchall()
        found: dict[UUID, list[Aggregate.Event]] = {}
        for row in rows:
            found.setdefault(row[0], []).append(self._mapper.to_domain_event(stored_event(row)))
        return found

    def reached(self, id_: UUID, *, version: int | None = None, position: int | None = None) -> Reached | None:
        """Return where a thing was at a version, or at a position of the log; None if it was not there, or never came so far."""
        wanted, value = ("e.version = %s", version) if position is None else ("e.position <= %s", position)
        with tenant_transaction(self._pool, self._tenant_id) as cursor:
            row = cursor.execute(
                _REACHED.format(wanted=wanted).encode(),
                (self._tenant_id, id_, value),
            ).fetchone()
        return Reached(row[0], row[1], row[2].astimezone(UTC)) if row else None

    def began(self, id_: UUID, version: int) -> Began | None:
        """Return where the command began that brought a thing to a version; None if the thing never came so far."""
        with tenant_transaction(self._pool, self._tenant_id) as cursor:
            row = cursor.execute(_BEGAN.encode(), (self._tenant_id, id_, version)).fetchone()
        return Began(*row) if row else None

    def changed_between(
        self, after: int, until: int, *, first_in: tuple[int, int], limit: int, stream_id: UUID | None = None
    ) -> Sequence[ChangedStream]:
        """Return up to ``limit`` things that events in ``(after, until]`` are about, in the order of their first ones there.

        Only those whose first one lies in ``first_in``, behind the one position and up to the other; with ``stream_id`` it alone.
        """
        behind, reach = first_in
        values = {
            "after": after,
            "until": until,
            "behind": max(behind, after),
            "reach": min(reach, until),
            "thing": stream_id,
            "limit": limit,
        }
        with tenant_transaction(self._pool, self._tenant_id) as cursor:
            rows = cursor.execute(
                (_CHANGED_ONE if stream_id else _CHANGED).encode(), {"tenant": self._tenant_id, **values}
            ).fetchall()
        return [ChangedStream(*row) for row in rows]

    def read_subjects(self, subject_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[tuple[str, Mapping[str, Any]]]]:
        """Return the topics and unsealed bodies of the events of some streams, each stream's in order, in one round trip."""
        tenant, ids = str(self._tenant_id).encode(), f"{{{','.join(map(str, subject_ids))}}}".encode()
        rows = fetch_raw(self._consulting_pool, _SUBJECTS, tenant, ids)
        return {UUID(bytes=subject): _subject_events(events) for subject, events in rows if subject is not None}

    def catalogue_events(self, after: int) -> Sequence[tuple[int, Aggregate.Event]]:
        """Return (position, event) of all that changed what can be booked since a position, in order."""
        with tenant_transaction(self._pool, self._tenant_id) as cursor:
            rows = cursor.execute(
                f"select position, {COLUMNS} from log.event"  # noqa: S608  constants only
                f" where tenant_id = %s and position > %s and stream_type in {_CATALOGUE} order by position",
                (self._tenant_id, after),
                binary=True,
            ).fetchall()
        return [(position, self._mapper.to_domain_event(stored_event(tuple(event)))) for position, *event in rows]

    def recorded_command(self, command_id: UUID) -> RecordedCommand | None:
        """Return what a command wrote; None if it wrote nothing."""
        with tenant_transaction(self._pool, self._tenant_id) as cursor:
            row = cursor.execute(
                "select first.fingerprint, first.stream_id, last.version, last.position"
                " from log.event first join lateral ("
                "   select max(e.version) filter (where e.stream_id = first.stream_id) as version, max(e.position) as position"
                "   from log.event e where e.tenant_id = first.tenant_id and e.command_id = first.command_id"
                " ) last on true"
                " where first.tenant_id = %s and first.command_id = %s and first.command_part = 0",
                (self._tenant_id, command_id),
            ).fetchone()
        if row is None:
            return None
        fingerprint, stream_id, version, position = row
        return RecordedCommand(fingerprint or b"", stream_id, version, position)

    def position(self) -> int:
        """Return the log's newest position; 0 before its first event."""
        with tenant_transaction(self._pool, self._tenant_id) as cursor:
            row = cursor.execute(
                "select position from log.tenant_head where tenant_id = %s", (self._tenant_id,)
            ).fetchone()
        if row is None:
            raise UnknownPracticeError
        return int(row[0])


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


def _number(raw: bytes | None) -> int:
    return int.from_bytes(raw or b"", "big")


def _text(id: UUID | None) -> bytes | None:
    return None if id is None else str(id).encode()
