"""API keys and the tokens of calendar feeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from api.bootstrap.storage import Storage
from application.kernel.permissions import Actor
from domain.access.api_key import Role
from projections.access.tokens.queries import FeedRecord, KeyRecord, feeds_of, find_feed, find_key, keys_of


@dataclass(frozen=True)
class Access:
    """Finds keys and feeds by the SHA-256 of their secrets, and lists them."""

    storage: Storage

    def find_actor(self, key_hash: bytes) -> Actor | None:
        """Return the actor of a key; None if there is no such key, or it was revoked."""
        with self.storage.store.pool.connection() as connection:
            key = find_key(connection, key_hash)
        if key is None or key.revoked_at is not None:
            return None
        return Actor(key.tenant_id, key.key_id, Role(key.role), key.clinician_id)

    def find_feed(self, token_hash: bytes) -> tuple[UUID, UUID] | None:
        """Return the practice and the id of the feed with this token; None if there is none."""
        with self.storage.store.pool.connection() as connection:
            feed = find_feed(connection, token_hash)
        return None if feed is None else (feed.tenant_id, feed.feed_id)

    def keys_of(self, tenant_id: UUID, after: UUID | None, limit: int) -> tuple[Sequence[KeyRecord], UUID | None]:
        """Return a page of a practice's keys, and the id after which the next page begins."""
        return keys_of(self.storage.transaction, tenant_id, after=after, limit=limit)

    def feeds_of(
        self, tenant_id: UUID, clinician_id: UUID | None, patient_id: UUID | None, *, after: UUID | None, limit: int
    ) -> tuple[Sequence[FeedRecord], UUID | None]:
        """Return a page of a practice's feeds, and the id after which the next page begins."""
        return feeds_of(
            self.storage.transaction,
            tenant_id,
            clinician_id=clinician_id,
            patient_id=patient_id,
            after=after,
            limit=limit,
        )
