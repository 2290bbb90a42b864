"""Query API keys and calendar feeds: by the hash of a secret, or all of a practice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from psycopg import Connection

from projections.engine.ports import TenantTransaction
from projections.engine.queries import TableQuery, in_utc

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """An API key with its role; a clinician's key may be bound to one clinician."""

    tenant_id: UUID
    key_id: UUID
    role: str
    label: str
    clinician_id: UUID | None
    issued_at: datetime
    revoked_at: datetime | None
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """A feed of the visits of one clinician or of one patient."""

    tenant_id: UUID
    feed_id: UUID
    clinician_id: UUID | None
    patient_id: UUID | None
    detail: str
    opened_at: datetime
    revoked_at: datetime | None
    version: int
    position: int


_KEYS: Final = TableQuery[KeyRecord, UUID]("access.api_key", KeyRecord, "key_id")
_FEEDS: Final = TableQuery[FeedRecord, UUID]("access.feed", FeedRecord, "feed_id")


def find_key(connection: Connection[Any], key_hash: bytes) -> KeyRecord | None:
    """Return the key with this SHA-256, revoked or not, of any practice; None if there is none.

    ``connection`` is in autocommit mode and outside a transaction, as scheduler_app.
    """
    return _find(connection, _KEYS, "key_hash", key_hash)


def find_feed(connection: Connection[Any], token_hash: bytes) -> FeedRecord | None:
    """Return the feed whose token has this SHA-256, as ``find_key`` does."""
    return _find(connection, _FEEDS, "token_hash", token_hash)


def keys_of(
    transaction: TenantTransaction,
    tenant_id: UUID,
    *,
    valid_role: str | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> tuple[Sequence[KeyRecord], UUID | None]:
    """Return a practice's keys, oldest first, and the id after which the next page begins.

    ``valid_role``: only keys of this role that are not revoked.
    """
    return _KEYS.page(
        transaction, tenant_id, ("revoked_at is null and role = %s", valid_role), after=after, limit=limit
    )


def feeds_of(
    transaction: TenantTransaction,
    tenant_id: UUID,
    *,
    clinician_id: UUID | None = None,
    patient_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> tuple[Sequence[FeedRecord], UUID | None]:
    """Return a practice's feeds, oldest first, and the id after which the next page begins."""
    tests = (("clinician_id = %s", clinician_id), ("patient_id = %s", patient_id))
    return _FEEDS.page(transaction, tenant_id, *tests, after=after, limit=limit)


def _find(connection: Connection[Any], table: TableQuery[R, UUID], column: str, hash_: bytes) -> R | None:
    with connection.pipeline(), connection.transaction():
        # Row-level security shows the one row with this hash, for this transaction only.
        connection.execute("select set_config(%s, %s, true)", (f"app.{column}", hash_.hex()))
        found = connection.execute(
            f"select {table.columns} from {table.table} where {column} = %s".encode(),  # noqa: S608  constants only
            (hash_,),
            binary=True,
        )
        row = found.fetchone()
    return table.record(*in_utc(row)) if row else None
