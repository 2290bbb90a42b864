"""Appends as JSON: what migrations/0023_append.sql reads. Each is made in its caller's thread and joined with others in flight."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from domain.patient_standing import Seen
from domain.patients.patient import Patient
from domain.provenance import Provenance
from domain.scheduling.quotas import VisitCap
from domain.scheduling.time_claim import TimeClaim
from event_store.chain import DigestedEvent
from event_store.codec import codec_of
from event_store.mapper import MappedEvent


class AppendDocument(NamedTuple):
    """The parts of one append: JSON values, without the brackets of the arrays that they go into."""

    append: bytes
    events: bytes
    claims: bytes
    releases: bytes
    has_beside: bool
    caps: bytes
    withdrawing: UUID | None = None
    """The practice, where the append withdraws a patient."""


class _Append(msgspec.Struct, omit_defaults=True):
    tenant: UUID
    command: UUID
    digests: list[str]
    patient: UUID | None = None
    seen: int | None = None


class _Event(msgspec.Struct):
    tenant: UUID
    stream_type: str
    stream: UUID
    version: int
    type: str
    schema_version: int
    body: msgspec.Raw
    sealed: str | None
    actor: str
    command: UUID
    part: int
    fingerprint: str | None
    causation: UUID | None
    effective_at: datetime
    recorded_at: datetime


class _Claim(msgspec.Struct, omit_defaults=True):
    tenant: UUID
    holder: UUID
    what: UUID
    starts_at: datetime
    ends_at: datetime
    visit_starts_at: datetime
    visit_ends_at: datetime
    service: UUID | None = None
    expires_at: datetime | None = None
    beside: bool = False


class _Cap(msgspec.Struct):
    tenant: UUID
    what: UUID
    service: UUID | None
    starts_at: datetime
    ends_at: datetime
    period: str
    most: int


_encode = msgspec.json.Encoder().encode


def append_document(
    tenant_id: UUID,
    events: Sequence[MappedEvent],
    source: Provenance,
    recorded_at: datetime,
    claims: Sequence[TimeClaim] = (),
    releases: Sequence[UUID] = (),
    caps: Sequence[VisitCap] = (),
    relies_on: Seen | None = None,
) -> AppendDocument:
    """Return the append of ``events``, with their digests. Raises TypeError: an event's time has no offset."""
    recorded = recorded_at.astimezone(UTC)
    rows, digests = [], []
    for part, event in enumerate(events):
        stream_id = UUID(event.originator_id) if isinstance(event.originator_id, str) else event.originator_id
        effective = event.effective_at.astimezone(UTC)
        fingerprint = source.fingerprint or None if part == 0 else None
        digest = DigestedEvent(
            tenant_id,
            stream_id,
            event.originator_version,
            event.topic,
            event.schema_version,
            event.state,
            event.sealed,
            source.actor,
            source.command_id,
            part,
            fingerprint,
            source.causation_id,
            effective,
            recorded,
        ).digest()
        digests.append(_bytea(digest))
        rows.append(
            _Event(
                tenant_id,
                codec_of(event.topic).stream_type,
                stream_id,
                event.originator_version,
                event.topic,
                event.schema_version,
                msgspec.Raw(event.state),
                None if event.sealed is None else _bytea(event.sealed),
                source.actor,
                source.command_id,
                part,
                None if fingerprint is None else _bytea(fingerprint),
                source.causation_id,
                effective,
                recorded,
            )
        )
    append = _Append(tenant_id, source.command_id, digests)
    if relies_on is not None:
        append.patient, append.seen = relies_on.patient_id, relies_on.position
    return AppendDocument(
        _encode(append),
        _elements(rows),
        _elements(
            [
                _Claim(
                    tenant_id,
                    claim.holder_id,
                    claim.what,
                    claim.during.starts_at,
                    claim.during.ends_at,
                    claim.visit.starts_at,
                    claim.visit.ends_at,
                    claim.service_id,
                    claim.expires_at,
                    claim.beside,
                )
                for claim in claims
            ]
        ),
        _elements(list(releases)),
        # Nobody else takes time where pending visits are claimed, so there is nothing to look at because of them.
        any(claim.beside and not claim.pending for claim in claims),
        _elements(
            [
                _Cap(
                    tenant_id,
                    cap.clinician_id,
                    cap.quota.service_id,
                    cap.within.starts_at,
                    cap.within.ends_at,
                    cap.quota.period.value,
                    cap.quota.most,
                )
                for cap in caps
            ]
        ),
        tenant_id if any(event.topic == Patient.Withdrawn.TOPIC for event in events) else None,
    )


def joined(documents: Sequence[AppendDocument]) -> bytes:
    """Return the batch of some appends, in their order."""
    claims = b",".join([document.claims for document in documents if document.claims])
    releases = b",".join([document.releases for document in documents if document.releases])
    caps = b",".join([document.caps for document in documents if document.caps])
    withdrawing = _elements([document.withdrawing for document in documents if document.withdrawing])
    return b'{"appends":[%b],"events":[%b]%b%b%b%b%b}' % (
        b",".join([document.append for document in documents]),
        b",".join([document.events for document in documents]),
        b',"claims":[%b]' % claims if claims else b"",
        b',"releases":[%b]' % releases if releases else b"",
        b',"beside":true' if any(document.has_beside for document in documents) else b"",
        b',"caps":[%b]' % caps if caps else b"",
        b',"withdraws":[%b]' % withdrawing if withdrawing else b"",
    )


def _elements(values: Sequence[object]) -> bytes:
    return _encode(values)[1:-1]


def _bytea(value: bytes) -> str:
    return "\\x" + value.hex()
