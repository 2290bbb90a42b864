"""Appends as the rows that event_store/sql/append.sql takes.

Each append is encoded in its caller's thread, and joined with others for one statement.
"""

import functools
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from domain.kernel.provenance import Provenance
from event_store.append.binary import (
    BYTEA,
    BYTEA_ARRAY,
    EPOCH,
    HEADER,
    INTEGER,
    JSONB,
    OWN_TYPE,
    SMALLINT,
    TIMESTAMP,
    UUID_,
    array,
    element,
    identifier,
    octets,
    row,
    text,
)
from event_store.append.codec import codec_of
from event_store.append.event_mapper import MappedEvent
from event_store.append.guards import encoded
from event_store.append.hash_chain import DigestedEvent, microseconds

_JSONB_VERSION: Final = b"\x01"
# The fixed columns of an event in one call: one by one they took three times as long.
_EVENT: Final = struct.Struct(">I II16s II16s IIi IIh II16s IIi IIq IIq")


class AppendRows(NamedTuple):
    """One append, encoded: elements of the three arrays that log.append takes."""

    append: bytes
    events: tuple[bytes, ...]
    guards: tuple[bytes, ...]


def append_rows(
    tenant_id: UUID,
    events: Sequence[MappedEvent],
    source: Provenance,
    recorded_at: datetime,
    guards: Sequence[object] = (),
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
        digests.append(element(digested.digest()))
        rows.append(element(_event(digested, _kind(event.topic))))
    return AppendRows(
        element(_append(tenant, command, digests)),
        tuple(rows),
        tuple([element(encoded(tenant, guard)) for guard in guards]),
    )


def joined(appends: Sequence[AppendRows]) -> tuple[bytes | None, bytes | None, bytes | None]:
    """Return the arrays of some appends, in their order; null if none has guards."""
    guards = [row for each in appends for row in each.guards]
    return (
        array(OWN_TYPE, [each.append for each in appends]),
        array(OWN_TYPE, [row for each in appends for row in each.events]),
        array(OWN_TYPE, guards) if guards else None,
    )


def stream_of(event: StoredEvent) -> UUID:
    return UUID(event.originator_id) if isinstance(event.originator_id, str) else event.originator_id


def _append(tenant: bytes, command: bytes, digests: Sequence[bytes]) -> bytes:
    hashes = array(BYTEA, digests)
    return row(identifier(tenant), identifier(command), HEADER.pack(BYTEA_ARRAY, len(hashes)) + hashes)


@functools.cache
def _kind(topic: str) -> bytes:
    """The columns that all events of a topic have alike: the types of their stream and their own."""
    return text(codec_of(topic).stream_type.encode()) + text(topic.encode())


def _event(event: DigestedEvent, kind: bytes) -> bytes:
    # fmt: off
    fixed = _EVENT.pack(
        15,
        UUID_, 16, event.tenant_id,
        UUID_, 16, event.stream_id,
        INTEGER, 4, event.version,
        SMALLINT, 2, event.schema_version,
        UUID_, 16, event.command_id,
        INTEGER, 4, event.command_part,
        TIMESTAMP, 8, event.effective_at - EPOCH,
        TIMESTAMP, 8, event.recorded_at - EPOCH,
    )
    varying = (
        kind,
        text(event.actor),
        HEADER.pack(JSONB, 1 + len(event.body)), _JSONB_VERSION, event.body,
        octets(event.sealed),
        octets(event.fingerprint),
        identifier(event.causation_id),
    )
    # fmt: on
    return fixed + b"".join(varying)
