"""Appends as the binary rows that event_store/sql/append.sql takes."""

import functools
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from domain.kernel.provenance import Provenance
from event_store.append import binary
from event_store.append.binary import array, element, identifier, octets, row, text
from event_store.append.codec import codec_of
from event_store.append.event_mapper import MappedEvent
from event_store.append.guards import encode_guard
from event_store.append.hash_chain import DigestedEvent, microseconds

_JSONB_VERSION: Final = b"\x01"
# The columns of fixed length in one call: one by one they took three times as long.
_EVENT: Final = struct.Struct(">I II16s II16s IIi IIh II16s IIi IIq IIq")


class AppendRows(NamedTuple):
    """One append as elements of the three arrays that log.append takes."""

    append: bytes
    events: Sequence[bytes]
    guards: Sequence[bytes]


def encode_append(
    tenant_id: UUID,
    events: Sequence[MappedEvent],
    source: Provenance,
    recorded_at: datetime,
    guards: Sequence[object] = (),
) -> AppendRows:
    """Return the rows of one append. Raises TypeError: an event's time has no offset."""
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
        digests.append(element(digested.digest()))
        rows.append(element(_event(digested, _kind(event.topic))))
    hashes = array(binary.BYTEA, digests)
    hashes_column = binary.HEADER.pack(binary.BYTEA_ARRAY, len(hashes)) + hashes
    append = row(identifier(tenant), identifier(command), hashes_column)
    return AppendRows(element(append), rows, [element(encode_guard(tenant, guard)) for guard in guards])


def join_rows(appends: Sequence[AppendRows]) -> tuple[bytes | None, bytes | None, bytes | None]:
    """Return the three arrays of a batch; that of the guards is None if there are none."""
    guards = [row for append in appends for row in append.guards]
    return (
        array(binary.COMPOSITE, [append.append for append in appends]),
        array(binary.COMPOSITE, [row for append in appends for row in append.events]),
        array(binary.COMPOSITE, guards) if guards else None,
    )


def stream_of(event: StoredEvent) -> UUID:
    return UUID(event.originator_id) if isinstance(event.originator_id, str) else event.originator_id


@functools.cache
def _kind(topic: str) -> bytes:
    """Return the columns that all events of a topic share: stream type and event type."""
    return text(codec_of(topic).stream_type.encode()) + text(topic.encode())


def _event(event: DigestedEvent, kind: bytes) -> bytes:
    # fmt: off
    fixed = _EVENT.pack(
        15,
        binary.UUID_, 16, event.tenant_id,
        binary.UUID_, 16, event.stream_id,
        binary.INTEGER, 4, event.version,
        binary.SMALLINT, 2, event.schema_version,
        binary.UUID_, 16, event.command_id,
        binary.INTEGER, 4, event.command_part,
        binary.TIMESTAMP, 8, event.effective_at - binary.EPOCH,
        binary.TIMESTAMP, 8, event.recorded_at - binary.EPOCH,
    )
    varying = (
        kind,
        text(event.actor),
        binary.HEADER.pack(binary.JSONB, 1 + len(event.body)), _JSONB_VERSION, event.body,
        octets(event.sealed),
        octets(event.fingerprint),
        identifier(event.causation_id),
    )
    # fmt: on
    return fixed + b"".join(varying)
