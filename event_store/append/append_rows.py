"""Appends as the rows that migrations/0030_append.sql takes, in PostgreSQL's binary form.

Each is made in its caller's thread and joined with others in flight. A row of a composite type is the number of its columns, then of each
column type, length and value; an array is a header, then of each element length and value. A type of our own has another number in each
database: PostgreSQL takes any, since it knows what it is to read.
Source: record_recv and array_recv in src/backend/utils/adt/rowtypes.c and arrayfuncs.c of PostgreSQL 16.
"""

import functools
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from domain.kernel.provenance import Provenance
from domain.kernel.time_range import TimeRange
from domain.patients.patient import Patient
from domain.patients.standing import PatientGuard
from domain.scheduling.availability.query import Period
from domain.scheduling.availability.quotas import LimitGuard
from domain.scheduling.time_claim import TimeClaim
from event_store.append.codec import codec_of
from event_store.append.event_mapper import MappedEvent
from event_store.append.hash_chain import DigestedEvent, microseconds

Rows = tuple[bytes, ...]
"""Elements of an array, each with its length before it."""


class AppendRows(NamedTuple):
    """What travels of one append."""

    append: bytes
    events: Rows
    claims: Rows
    releases: Rows
    caps: Rows
    withdraws: Rows
    """The practice, where the append withdraws a patient."""
    has_beside: bool


def _column(type_number: int, size: int) -> int:
    """The eight bytes before a column's value, as a number: which type, how long."""
    return type_number << 32 | size


# Numbers of types that are the same in every database: pg_type.dat of PostgreSQL 16.
_BYTEA, _NUMBER, _TEXT, _UUID, _JSONB, _BYTEAS, _MICROSECONDS = 17, 20, 25, 2950, 3802, 1001, 1184
_BOOLEAN, _INT8, _INT2, _INT4 = _column(16, 1), _column(_NUMBER, 8), _column(21, 2), _column(23, 4)
_ID, _INSTANT = _column(_UUID, 16), _column(_MICROSECONDS, 8)
_OUR_OWN: Final = 2**31
"""Stands for a type of our own."""

_NULL: Final = 0xFFFFFFFF
_NO_ID: Final = struct.pack(">II", _UUID, _NULL)
_NO_INSTANT: Final = struct.pack(">II", _MICROSECONDS, _NULL)
_NO_BYTES: Final = struct.pack(">II", _BYTEA, _NULL)
_NO_NUMBER: Final = struct.pack(">II", _NUMBER, _NULL)
_JSONB_VERSION: Final = b"\x01"
_EPOCH: Final = microseconds(datetime(2000, 1, 1, tzinfo=UTC))

_HEADER: Final = struct.Struct(">II")
_LENGTH: Final = struct.Struct(">I")
_ONE_ID: Final = struct.Struct(">Q16s")
_ONE_NUMBER: Final = struct.Struct(">Qq")
_ARRAY: Final = struct.Struct(">iiIii")
_APPEND: Final = struct.Struct(">I Q16s Q16s")
_EVENT: Final = struct.Struct(">I Q16s Q16s Qi Qh Q16s Qi Qq Qq")
_CLAIM: Final = struct.Struct(">I Q16s Q16s Q16s Qq Qq Qq Qq Q?")
_CAP: Final = struct.Struct(">I Q16s Q16s Qq Qq Qi Q?")


def append_rows(
    tenant_id: UUID,
    events: Sequence[MappedEvent],
    source: Provenance,
    recorded_at: datetime,
    claims: Sequence[TimeClaim] = (),
    releases: Sequence[UUID] = (),
    caps: Sequence[LimitGuard] = (),
    relies_on: PatientGuard | None = None,
) -> AppendRows:
    """Return the append of ``events``, with their digests. Raises TypeError: an event's time has no offset."""
    tenant, command, actor = tenant_id.bytes, source.command_id.bytes, source.actor.encode()
    cause = source.causation_id.bytes if source.causation_id else None
    fingerprint, now = source.fingerprint or None, microseconds(recorded_at)
    rows, digests = [], []
    for part, event in enumerate(events):
        digested = DigestedEvent(
            tenant,
            stream_of(event).bytes,
            event.originator_version,
            event.topic.encode(),
            event.schema_version,
            event.state,
            event.sealed,
            actor,
            command,
            part,
            fingerprint if part == 0 else None,
            cause,
            microseconds(event.effective_at),
            now,
        )
        digests.append(_element(digested.digest()))
        rows.append(_element(_event(digested, _kind(event.topic))))
    return AppendRows(
        _element(_append(tenant, command, digests, relies_on)),
        tuple(rows),
        tuple(_claims(tenant, claims)),
        tuple([_element(holder_id.bytes) for holder_id in releases]),
        tuple([_element(_cap(tenant, cap)) for cap in caps]),
        (_element(tenant),) if any(event.topic == Patient.Withdrawn.TOPIC for event in events) else (),
        # Nobody else takes time where pending visits are claimed, so there is nothing to look at because of them.
        any(claim.beside and not claim.pending for claim in claims),
    )


def joined(appends: Sequence[AppendRows]) -> tuple[bytes | None, ...]:
    """Return the arrays of some appends, in their order, null for no rows; and whether any of them has claims beside others."""
    events, claims, releases, caps, withdraws = (
        [row for rows in column for row in rows]
        for column in zip(
            *[(each.events, each.claims, each.releases, each.caps, each.withdraws) for each in appends], strict=True
        )
    )
    return (
        _array(_OUR_OWN, [each.append for each in appends]),
        _array(_OUR_OWN, events),
        _array(_OUR_OWN, claims) if claims else None,
        _array(_UUID, releases) if releases else None,
        _array(_OUR_OWN, caps) if caps else None,
        _array(_UUID, withdraws) if withdraws else None,
        b"\x01" if any(each.has_beside for each in appends) else b"\x00",
    )


def stream_of(event: StoredEvent) -> UUID:
    return UUID(event.originator_id) if isinstance(event.originator_id, str) else event.originator_id


def _append(tenant: bytes, command: bytes, digests: Sequence[bytes], relies_on: PatientGuard | None) -> bytes:
    array = _array(_BYTEA, digests)
    row = _APPEND.pack(5, _ID, tenant, _ID, command) + _HEADER.pack(_BYTEAS, len(array)) + array
    if relies_on is None:
        return row + _NO_ID + _NO_NUMBER
    return row + _ONE_ID.pack(_ID, relies_on.patient_id.bytes) + _ONE_NUMBER.pack(_INT8, relies_on.position)


@functools.cache
def _kind(topic: str) -> bytes:
    """The columns that all events of a topic have alike: their stream's type and their own."""
    texts = (codec_of(topic).stream_type.encode(), topic.encode())
    return b"".join([_HEADER.pack(_TEXT, len(text)) + text for text in texts])


def _event(event: DigestedEvent, kind: bytes) -> bytes:
    # fmt: off
    fixed = _EVENT.pack(
        15,
        _ID, event.tenant_id,
        _ID, event.stream_id,
        _INT4, event.version,
        _INT2, event.schema_version,
        _ID, event.command_id,
        _INT4, event.command_part,
        _INSTANT, event.effective_at - _EPOCH,
        _INSTANT, event.recorded_at - _EPOCH,
    )
    varying = (
        kind,
        _HEADER.pack(_TEXT, len(event.actor)), event.actor,
        _HEADER.pack(_JSONB, 1 + len(event.body)), _JSONB_VERSION, event.body,
        _bytes(event.sealed),
        _bytes(event.fingerprint),
        _NO_ID if event.causation_id is None else _ONE_ID.pack(_ID, event.causation_id),
    )
    # fmt: on
    return fixed + b"".join(varying)


def _claims(tenant: bytes, claims: Sequence[TimeClaim]) -> Iterator[bytes]:
    # The claims of one visit share their times.
    spans = {id(span): _microseconds(span) for claim in claims for span in (claim.during, claim.visit)}
    for claim in claims:
        starts_at, ends_at = spans[id(claim.during)]
        arrives_at, leaves_at = spans[id(claim.visit)]
        # fmt: off
        row = _CLAIM.pack(
            10,
            _ID, tenant,
            _ID, claim.holder_id.bytes,
            _ID, claim.what.bytes,
            _INSTANT, starts_at,
            _INSTANT, ends_at,
            _INSTANT, arrives_at,
            _INSTANT, leaves_at,
            _BOOLEAN, claim.beside,
        )
        # fmt: on
        service_id, expires_at = claim.service_id, claim.expires_at
        yield _element(
            row
            + (_NO_ID if service_id is None else _ONE_ID.pack(_ID, service_id.bytes))
            + (_NO_INSTANT if expires_at is None else _ONE_NUMBER.pack(_INSTANT, microseconds(expires_at) - _EPOCH))
        )


def _cap(tenant: bytes, cap: LimitGuard) -> bytes:
    starts_at, ends_at = _microseconds(cap.within)
    service_id = cap.quota.service_id
    # fmt: off
    row = _CAP.pack(
        7,
        _ID, tenant,
        _ID, cap.clinician_id.bytes,
        _INSTANT, starts_at,
        _INSTANT, ends_at,
        _INT4, cap.quota.most,
        _BOOLEAN, cap.quota.period is Period.DAY,
    )
    # fmt: on
    return row + (_NO_ID if service_id is None else _ONE_ID.pack(_ID, service_id.bytes))


def _microseconds(during: TimeRange) -> tuple[int, int]:
    return microseconds(during.starts_at) - _EPOCH, microseconds(during.ends_at) - _EPOCH


def _bytes(value: bytes | None) -> bytes:
    return _NO_BYTES if value is None else _HEADER.pack(_BYTEA, len(value)) + value


def _element(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _array(type_number: int, elements: Sequence[bytes]) -> bytes:
    return _ARRAY.pack(1, 0, type_number, len(elements), 1) + b"".join(elements)
