"""The cursors: how far each projector has come in each practice's log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Connection, Cursor

from projections.engine.rows import Call

_ADVANCE: Final = "select projection.advance($1::uuid, $2::json)"
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
"""What the database answers where another runner has moved a cursor; see event_store/sql/projection_advance.sql."""


class CursorMovedError(Exception):
    """Another runner projected these events first."""


@dataclass(frozen=True, slots=True)
class ViewStatus:
    """How far one projector is in one practice. ``error`` is the class of what stopped it at ``failed_position``."""

    tenant_id: UUID
    projector: str
    head: int
    position: int
    error: str | None
    failed_position: int | None
    updated_at: datetime | None

    @property
    def lag(self) -> int:
        """How many events are not projected yet."""
        return max(0, self.head - self.position)


def load(cursor: Cursor[Any], tenant_id: UUID, projectors: Sequence[str]) -> dict[str, int]:
    """Return where these projectors stand in the practice of the transaction; cursors that do not exist begin at 0."""
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


def advance(tenant_id: UUID, moves: Mapping[str, tuple[int, int]]) -> Call:
    """Return what begins a practice's part of a transaction: it moves cursors, by projector from a position to another, and holds them.

    Where one is no longer where it was, the database fails with ``MOVED``.
    """
    rows = [
        {"projector": name, "expected": expected, "position": position} for name, (expected, position) in moves.items()
    ]
    return Call(_ADVANCE, [str(tenant_id).encode(), msgspec.json.encode(rows)])


def record_failure(cursor: Cursor[Any], tenant_id: UUID, projector: str, error: str, position: int) -> None:
    """Note what stopped a projector, unless it has passed that position since."""
    cursor.execute(
        "update projection.cursor set error = %s, failed_position = %s, updated_at = now()"
        " where tenant_id = %s and projector = %s and position < %s",
        (error, position, tenant_id, projector, position),
    )


def behind(connection: Connection[Any], projectors: Sequence[str]) -> list[UUID]:
    """Return the practices whose log has events that one of these projectors has not seen. ``connection`` is a projector's.

    The database compares, so that looking costs the same few milliseconds for ten thousand practices that lack nothing.
    """
    rows = connection.execute(_BEHIND, (list(projectors), len(projectors)), binary=True).fetchall()
    return [tenant_id for (tenant_id,) in rows]


def status(connection: Connection[Any], projectors: Sequence[str], *, only_behind: bool = False) -> list[ViewStatus]:
    """Return how far each projector is in each practice that has a log. ``connection`` is a projector's.

    ``only_behind`` leaves out what is up to date.
    """
    rows = connection.execute(_STATUS, (list(projectors), only_behind)).fetchall()
    return [ViewStatus(*row) for row in rows]
