"""The cursors: how far each projector has come in each practice's log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Connection, Cursor

from projections.rows import Call

_ADVANCE: Final = "select projection.advance($1::uuid, $2::json)"
MOVED: Final = "SC001"
"""What the database answers where another runner has moved a cursor; see cursors.sql."""


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


def slowest(connection: Connection[Any], projectors: Sequence[str]) -> dict[UUID, int]:
    """Return, by practice, the position that all of these projectors have reached.

    A practice in which one has no cursor yet is missing. ``connection`` is a projector's: it sees all practices.
    """
    rows = connection.execute(
        "select tenant_id, min(position) from projection.cursor where projector = any (%s) group by tenant_id having count(*) = %s",
        (list(projectors), len(projectors)),
        binary=True,
    )
    return dict(rows.fetchall())


def status(connection: Connection[Any], heads: Mapping[UUID, int], projectors: Sequence[str]) -> list[ViewStatus]:
    """Return how far each projector is in each practice that has a log. ``connection`` is a projector's."""
    known = {
        (tenant_id, projector): (position, error, failed_position, updated_at)
        for tenant_id, projector, position, error, failed_position, updated_at in connection.execute(
            "select tenant_id, projector, position, error, failed_position, updated_at from projection.cursor"
        )
    }
    return [
        ViewStatus(tenant_id, name, head, *known.get((tenant_id, name), (0, None, None, None)))
        for tenant_id, head in sorted(heads.items())
        for name in projectors
    ]
