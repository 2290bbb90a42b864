"""One append as JSON: what migrations/0002_append.sql reads. Made in the caller's thread, carried by the joiner."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from domain.provenance import Provenance
from domain.scheduling.time_claim import TimeClaim
from event_store.chain import DigestedEvent
from event_store.codec import codec_of
from event_store.mapper import MappedEvent


class _Event(msgspec.Struct):
    stream_type: str
    stream: UUID
    version: int
    type: str
    schema_version: int
    body: msgspec.Raw
    sealed: str | None
    effective_at: datetime


class _Claim(msgspec.Struct):
    holder: UUID
    what: UUID
    starts_at: datetime
    ends_at: datetime
    visit_starts_at: datetime
    visit_ends_at: datetime


class _Append(msgspec.Struct, omit_defaults=True):
    tenant: UUID
    actor: str
    command: UUID
    recorded_at: datetime
    events: list[_Event]
    digests: list[str]
    fingerprint: str | None = None
    causation: UUID | None = None
    claims: list[_Claim] | None = None
    releases: list[UUID] | None = None


_encoder = msgspec.json.Encoder()


def append_document(
    tenant_id: UUID,
    events: Sequence[MappedEvent],
    source: Provenance,
    recorded_at: datetime,
    claims: Sequence[TimeClaim] = (),
    releases: Sequence[UUID] = (),
) -> bytes:
    """Return the append of ``events``, with their digests. Raises TypeError: an event's time has no offset."""
    recorded = recorded_at.astimezone(UTC)
    rows, digests = [], []
    for part, event in enumerate(events):
        stream_id = UUID(str(event.originator_id)) if isinstance(event.originator_id, str) else event.originator_id
        effective = event.effective_at.astimezone(UTC)
        digests.append(
            _bytea(
                DigestedEvent(
                    tenant_id=tenant_id,
                    stream_id=stream_id,
                    version=event.originator_version,
                    event_type=event.topic,
                    schema_version=event.schema_version,
                    body=event.state,
                    sealed=event.sealed,
                    actor=source.actor,
                    command_id=source.command_id,
                    command_part=part,
                    fingerprint=source.fingerprint or None if part == 0 else None,
                    causation_id=source.causation_id,
                    effective_at=effective,
                    recorded_at=recorded,
                ).digest()
            )
        )
        rows.append(
            _Event(
                codec_of(event.topic).stream_type,
                stream_id,
                event.originator_version,
                event.topic,
                event.schema_version,
                msgspec.Raw(event.state),
                None if event.sealed is None else _bytea(event.sealed),
                effective,
            )
        )
    return _encoder.encode(
        _Append(
            tenant=tenant_id,
            actor=source.actor,
            command=source.command_id,
            recorded_at=recorded,
            events=rows,
            digests=digests,
            fingerprint=_bytea(source.fingerprint) if source.fingerprint else None,
            causation=source.causation_id,
            claims=[
                _Claim(c.holder_id, c.what, c.during.starts_at, c.during.ends_at, c.visit.starts_at, c.visit.ends_at)
                for c in claims
            ]
            or None,
            releases=list(releases) or None,
        )
    )


def _bytea(value: bytes) -> str:
    return "\\x" + value.hex()
