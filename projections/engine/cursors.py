"""Cursors: the position of each projector in each practice's log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Connection, Cursor

from projections.engine.rows import BoundStatement

_BEHIND: Final = """
select h.tenant_id from log.tenant_head h
left join (
    select tenant_id, min(position) as position from projection.cursor
    where projector = any (%s) group by tenant_id having count(*) = %s
) c using (tenant_id)
where h.position > coalesce(c.position, 0)
"""
_STATUS: Final = """
select h.tenant_id, p.projector, h.position, coalesce(c.position, 0), c.error, c.failed_position, c.updated_at
from log.tenant_head h
cross join unnest(%s::text[]) with ordinality as p (projector, number)
left join projection.cursor c on c.tenant_id = h.tenant_id and c.projector = p.projector
where h.position > coalesce(c.position, 0) or not %s
order by h.tenant_id, p.number
"""
MOVED: Final = "SC001"
"""The SQLSTATE if another runner has moved a cursor: event_store/sql/projection_advance.sql."""


class CursorMovedError(Exception):
    """Another runner projected these events first."""


@dataclass(frozen=True, slots=True)
class ViewStatus:
    """A projector's position in a practice; an ``error`` stopped it at ``failed_position``."""

    tenant_id: UUID
    projector: str
    head: int
    position: int
    error: str | None
    failed_position: int | None
    updated_at: datetime | None

    @property
    def lag(self) -> int:
        """The number of events that are not projected yet."""
        return max(0, self.head - self.position)


def load(cursor: Cursor[Any], tenant_id: UUID, projectors: Sequence[str]) -> dict[str, int]:
    """Return projectors' positions in the transaction's practice; missing cursors begin at 0."""
    names = list(projectors)
    cursor.execute(
        "insert into projection.cursor (tenant_id, projector) select %s, unnest(%s::text[]) on conflict do nothing",
        (tenant_id, names),
    )
    cursor.execute(
        "select projector, position from projection.cursor where tenant_id = %s and projector = any (%s)",
        (tenant_id, names),
    )
    return dict(cursor.fetchall())


def advance(tenant_id: UUID, moves: Mapping[str, tuple[int, int]]) -> BoundStatement:
    """Return the statement that moves and locks a practice's cursors, before its rows are written.

    ``moves`` are (from, to) by projector. It fails with ``MOVED`` if a cursor is not at ``from``.
    """
    rows = [
        {"projector": name, "expected": expected, "position": position} for name, (expected, position) in moves.items()
    ]
    return BoundStatement(
        "select projection.advance($1::uuid, $2::json)", [str(tenant_id).encode(), msgspec.json.encode(rows)]
    )


def record_failure(cursor: Cursor[Any], tenant_id: UUID, projector: str, error: str, position: int) -> None:
    """Record what stopped a projector, unless it has passed that position since."""
    cursor.execute(
        "update projection.cursor set error = %s, failed_position = %s, updated_at = now()"
        " where tenant_id = %s and projector = %s and position < %s",
        (error, position, tenant_id, projector, position),
    )


def behind(connection: Connection[Any], projectors: Sequence[str]) -> list[UUID]:
    """Return the practices with events that one of these projectors has not seen.

    Takes a few milliseconds for ten thousand practices that are up to date.
    """
    rows = connection.execute(_BEHIND, (list(projectors), len(projectors)), binary=True).fetchall()
    return [tenant_id for (tenant_id,) in rows]


def status(connection: Connection[Any], projectors: Sequence[str], *, only_behind: bool = False) -> list[ViewStatus]:
    """Return the status of each projector in each practice."""
    rows = connection.execute(_STATUS, (list(projectors), only_behind)).fetchall()
    return [ViewStatus(*row) for row in rows]
