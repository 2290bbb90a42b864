"""The hash chain of a practice's log: each event's hash depends on all events before it.

    hash(0)   = SHA-256("scheduler log" + tenant)
    hash(n)   = SHA-256(hash(n-1) + position(n) as 8 bytes + digest(n))
    digest(n) = SHA-256(every column of the event, each with its length; 2^32-1 for null)

The list of practices is such a chain too; its digests are the practices' ids.

The program computes the digests; log.append links them, since it knows the positions. Sealed data
is hashed as ciphertext, so the chain can still be verified after an erasure.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LENGTHS = struct.Struct(">7I")
_NUMBERS = struct.Struct(">IHIqq")
_NULL = 2**32 - 1
"""The length of a column that is null: it differs from an empty one."""


def genesis(tenant_id: UUID) -> bytes:
    """Return the hash before a practice's first event."""
    return hashlib.sha256(b"scheduler log" + tenant_id.bytes).digest()


def link(previous: bytes, position: int, digest: bytes) -> bytes:
    """Return the hash of the event at ``position``."""
    return hashlib.sha256(previous + position.to_bytes(8, "big") + digest).digest()


def microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


class DigestedEvent(NamedTuple):
    """The input of a digest: ids as 16 bytes, text in UTF-8, instants in microseconds since 1970.

    ``body`` is canonical JSON; ``command_part`` counts the command's events from 0.
    """

    tenant_id: bytes
    stream_id: bytes
    version: int
    event_type: bytes
    schema_version: int
    body: bytes
    sealed: bytes | None
    actor: bytes
    command_id: bytes
    command_part: int
    fingerprint: bytes | None
    causation_id: bytes | None
    effective_at: int
    recorded_at: int

    def digest(self) -> bytes:
        texts = (
            self.event_type,
            self.body,
            self.sealed,
            self.actor,
            self.fingerprint,
            self.causation_id,
            self.command_id,
        )
        numbers = _NUMBERS.pack(
            self.version, self.schema_version, self.command_part, self.effective_at, self.recorded_at
        )
        lengths = _LENGTHS.pack(*[_NULL if text is None else len(text) for text in texts])
        return hashlib.sha256(
            b"".join((self.tenant_id, self.stream_id, numbers, lengths, *filter(None, texts)))
        ).digest()


class Fault(StrEnum):
    """How a log, or the list of practices, differs from what the program wrote."""

    MISSING = "missing"
    ALTERED = "altered"
    HEAD = "head"
    OUTSIDE = "outside"
    VANISHED = "vanished"
    UNLISTED = "unlisted"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first broken position of a chain."""

    position: int
    fault: Fault


def first_broken_link(
    tenant_id: UUID, rows: Iterator[tuple[int, bytes, DigestedEvent | None]], head: tuple[int, bytes]
) -> BrokenLink | None:
    """Return where a practice's log was tampered with, or None.

    ``rows`` are (position, stored hash, event) in order of position; the event is None if it has a
    value that the program never writes. ``head`` is the stored (position, hash). If the last events
    were deleted, the rows end before the head's position.
    """
    expected = genesis(tenant_id)
    last = 0
    for position, stored, event in rows:
        if position != last + 1:
            return BrokenLink(last + 1, Fault.MISSING)
        if event is None:
            return BrokenLink(position, Fault.ALTERED)
        expected = link(expected, position, event.digest())
        if expected != stored:
            return BrokenLink(position, Fault.ALTERED)
        last = position
    if head[0] > last:
        return BrokenLink(last + 1, Fault.MISSING)
    if head != (last, expected):
        return BrokenLink(last, Fault.HEAD)
    return None


def first_broken_entry(rows: Iterable[tuple[int, bytes, bytes]], head: tuple[int, bytes]) -> int | None:
    """Return the number of the first entry of the list of practices that was altered, or None.

    ``rows`` are (number, practice, stored hash) in order of the number; ``head`` is the stored
    (number, hash) of the last entry.
    """
    expected = hashlib.sha256(b"scheduler practices").digest()
    last = 0
    for number, tenant, stored in rows:
        expected = link(expected, last + 1, tenant)
        if (number, stored) != (last + 1, expected):
            return last + 1
        last = number
    return None if head == (last, expected) else last + 1
