"""Asks whose key a key is, and which keys a practice has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from projections.engine.ports import TenantTransaction

_SELECT: Final = (
    "select tenant_id, key_id, role, label, clinician_id, issued_at, revoked_at, version, position from access.api_key"
)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key of a practice. Its holder acts with ``role``; a clinician's key may be bound to one clinician."""

    tenant_id: UUID
    key_id: UUID
    role: str
    label: str
    clinician_id: UUID | None
    issued_at: datetime
    revoked_at: datetime | None
    version: int
    position: int


def find_key(connection: Connection[Any], key_hash: bytes) -> KeyRecord | None:
    """Return the key with this SHA-256, revoked or not, of any practice; None if there is none.

    ``connection`` is in autocommit mode and outside a transaction, as scheduler_app.
    """
    with connection.pipeline(), connection.transaction():
        # Row-level security shows the one row whose hash is named here, for this transaction only.
        connection.execute("select set_config('app.key_hash', %s, true)", (key_hash.hex(),))
        found = connection.execute(f"{_SELECT} where key_hash = %s", (key_hash,), binary=True)
        row = found.fetchone()
    return _record(row) if row else None


def keys_of(
    transaction: TenantTransaction, tenant_id: UUID, *, after: UUID | None = None, limit: int = 100
) -> tuple[Sequence[KeyRecord], UUID | None]:
    """Return a practice's keys in order of their issue, and the id behind which the next page begins; None on the last."""
    with transaction(tenant_id) as cursor:
        rows = cursor.execute(
            f"{_SELECT} where tenant_id = %s and (%s::uuid is null or key_id > %s) order by key_id limit %s",
            (tenant_id, after, after, limit + 1),
            binary=True,
        ).fetchall()
    keys = [_record(row) for row in rows[:limit]]
    return keys, None if len(rows) <= limit else keys[-1].key_id


def _record(row: tuple[Any, ...]) -> KeyRecord:
    tenant_id, key_id, role, label, clinician_id, issued_at, revoked_at, version, position = row
    revoked_at = revoked_at and revoked_at.astimezone(UTC)
    issued_at = issued_at.astimezone(UTC)
    return KeyRecord(tenant_id, key_id, role, label, clinician_id, issued_at, revoked_at, version, position)
