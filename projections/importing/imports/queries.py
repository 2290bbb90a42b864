"""Query the list of imports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from projections.engine.ports import TenantTransaction
from projections.engine.queries import TableQuery


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


_IMPORTS: Final = TableQuery[ImportRecord, UUID]("imports.import", ImportRecord, "import_id")


class ImportQueries:
    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def page(
        self, tenant_id: UUID, *, after: UUID | None = None, limit: int = 100
    ) -> tuple[Sequence[ImportRecord], UUID | None]:
        """Return a page of imports by id, and the id after which the next page begins."""
        return _IMPORTS.page(self._transaction, tenant_id, after=after, limit=limit)
