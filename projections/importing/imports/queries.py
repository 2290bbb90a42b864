"""Query the list of imports."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from projections.engine.ports import TenantTransaction


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import of one file; ``withdrawn_count`` of the ``made_count`` records were withdrawn."""

    import_id: UUID
    kind: str
    source: str
    file_hash: str
    status: str
    started_at: datetime
    started_by: str
    row_count: int
    made_count: int
    matched_count: int
    refused_count: int
    withdrawn_count: int
    kept_count: int
    undone_at: datetime | None
    version: int
    position: int


class ImportQueries:
    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def page(
        self, tenant_id: UUID, *, after: UUID | None = None, limit: int = 100
    ) -> tuple[Sequence[ImportRecord], UUID | None]:
        """Return a page of imports by id, and the id after which the next page starts; None on the last page."""
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                "select import_id, kind, source, file_hash, status, started_at, started_by, row_count, made_count, matched_count,"
                " refused_count, withdrawn_count, kept_count, undone_at, version, position from imports.import"
                " where tenant_id = %s and (%s::uuid is null or import_id > %s) order by import_id limit %s",
                (tenant_id, after, after, limit + 1),
                binary=True,
            ).fetchall()
        found = [_record(row) for row in rows[:limit]]
        return found, found[-1].import_id if len(rows) > limit else None


def _record(row: tuple[Any, ...]) -> ImportRecord:
    record = ImportRecord(*row)
    undone_at = record.undone_at and record.undone_at.astimezone(UTC)
    return replace(record, started_at=record.started_at.astimezone(UTC), undone_at=undone_at)
