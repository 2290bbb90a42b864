"""Asks which feed a token is of, and which feeds a practice has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from projections.engine.conditions import all_of
from projections.engine.ports import TenantTransaction

_SELECT: Final = "select tenant_id, feed_id, clinician_id, patient_id, detail, opened_at, revoked_at, version, position from access.feed"


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """A feed of one clinician's visits or of one patient's."""

    tenant_id: UUID
    feed_id: UUID
    clinician_id: UUID | None
    patient_id: UUID | None
    detail: str
    opened_at: datetime
    revoked_at: datetime | None
    version: int
    position: int


def find_feed(connection: Connection[Any], token_hash: bytes) -> FeedRecord | None:
    """Return the feed whose token has this SHA-256, revoked or not, of any practice; None if there is none.

    ``connection`` is in autocommit mode and outside a transaction, as scheduler_app.
    """
    with connection.pipeline(), connection.transaction():
        # Row-level security shows the one row whose hash is named here, for this transaction only.
        connection.execute("select set_config('app.token_hash', %s, true)", (token_hash.hex(),))
        found = connection.execute(f"{_SELECT} where token_hash = %s", (token_hash,), binary=True)
        row = found.fetchone()
    return _record(row) if row else None


def feeds_of(
    transaction: TenantTransaction,
    tenant_id: UUID,
    *,
    clinician_id: UUID | None = None,
    patient_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> tuple[Sequence[FeedRecord], UUID | None]:
    """Return a practice's feeds in order of their opening, and the id behind which the next page begins; None on the last."""
    condition, values = all_of(
        ("tenant_id = %s", tenant_id),
        ("clinician_id = %s", clinician_id),
        ("patient_id = %s", patient_id),
        ("feed_id > %s", after),
    )
    with transaction(tenant_id) as cursor:
        rows = cursor.execute(
            f"{_SELECT} where {condition} order by feed_id limit %s", (*values, limit + 1), binary=True
        ).fetchall()
    feeds = [_record(row) for row in rows[:limit]]
    return feeds, None if len(rows) <= limit else feeds[-1].feed_id


def _record(row: tuple[Any, ...]) -> FeedRecord:
    tenant_id, feed_id, clinician_id, patient_id, detail, opened_at, revoked_at, version, position = row
    return FeedRecord(
        tenant_id,
        feed_id,
        clinician_id,
        patient_id,
        detail,
        opened_at.astimezone(UTC),
        revoked_at and revoked_at.astimezone(UTC),
        version,
        position,
    )
