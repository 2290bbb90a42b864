"""Converts domain events of one practice to stored events and back."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol, Snapshot
from eventsourcing.persistence import Mapper, StoredEvent

from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_data import ERASED, Damaged, Erased, Unreadable
from event_store.append.codec import EventCodec, codec_for, codec_of
from event_store.append.snapshots import StoredSnapshot, domain_snapshot, stored_snapshot
from event_store.append.upcasting import current_body
from event_store.keys.key_ring import KeyRing
from event_store.keys.sealing import DamagedDataError, ErasedError, Place, fault_of, key_reference, seal, unseal

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MappedEvent(StoredEvent):
    """A stored event with the other columns of the log; ``state`` is the canonical JSON body."""

    schema_version: int
    effective_at: datetime
    sealed: bytes | None


class EventMapper(Mapper[UUID]):
    """Maps the events of one practice."""

    def __init__(self, tenant_id: UUID, keys: KeyRing) -> None:
        self._tenant_id = tenant_id
        self._keys = keys

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> MappedEvent | StoredSnapshot:
        """Serialise and seal; creates the person's key if there is none.

        Events of an erased person lose their personal part: a visit can still be cancelled.
        """
        if isinstance(domain_event, Snapshot):
            return stored_snapshot(domain_event)
        event = cast(Aggregate.Event, domain_event)
        codec = codec_for(type(event))
        state = event.__dict__
        return MappedEvent(
            originator_id=event.originator_id,
            originator_version=event.originator_version,
            topic=codec.topic,
            state=codec.body(state),
            schema_version=codec.schema_version,
            effective_at=event.timestamp,
            sealed=self._seal(codec, event) if codec.personal_fields else None,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Rebuild an event; its personal fields are ``ERASED`` if the person's key was destroyed.

        Raises NewerVersionError, KeyUnavailableError, TamperedError.
        """
        if isinstance(stored_event, StoredSnapshot):
            return domain_snapshot(stored_event)
        stored = cast(MappedEvent, stored_event)
        codec = codec_of(stored.topic)
        return self._event(codec, stored, self._unseal(codec, stored))

    def to_shown_event(self, stored: MappedEvent) -> Any:
        """Rebuild an event to show it: personal fields that cannot be read are ``Damaged``."""
        codec = codec_of(stored.topic)
        personal: bytes | Unreadable
        try:
            personal = self._unseal(codec, stored)
        except DamagedDataError as error:
            personal = Damaged(fault_of(error))
            _log.error(
                "personal data of %s in practice %s, version %d, cannot be read: %s",
                stored.originator_id,
                self._tenant_id,
                stored.originator_version,
                personal.fault.value,
            )
        return self._event(codec, stored, personal)

    def _event(self, codec: EventCodec, stored: MappedEvent, personal: bytes | Unreadable) -> Any:
        body = current_body(codec.topic, stored.schema_version, codec.schema_version, stored.state)
        envelope = {
            "originator_id": stored.originator_id,
            "originator_version": stored.originator_version,
            "timestamp": stored.effective_at,
        }
        return codec.event(envelope, body, personal)

    def _seal(self, codec: EventCodec, event: Aggregate.Event) -> bytes | None:
        state = event.__dict__
        try:
            key = self._keys.sealing_key(self._tenant_id, codec.subject_id(state))
        except ErasedError:
            return None
        return seal(key, self._place(codec, event.originator_id, event.originator_version), codec.personal(state))

    def _unseal(self, codec: EventCodec, stored: MappedEvent) -> bytes | Erased:
        if stored.sealed is None:
            return ERASED
        try:
            key = self._keys.opening_key(self._tenant_id, *key_reference(stored.sealed))
        except ErasedError:
            return ERASED
        place = self._place(codec, UUID(str(stored.originator_id)), stored.originator_version)
        return unseal(key, place, stored.sealed)

    def _place(self, codec: EventCodec, stream_id: UUID, version: int) -> Place:
        return Place(self._tenant_id, stream_id, version, codec.topic, codec.sealed_field)
