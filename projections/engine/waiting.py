"""Wait until views have reached a position, so that clients read their own writes."""

import select
import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from projections.engine.errors import ViewBehindError
from projections.engine.ports import TenantTransaction

TIMEOUT_SECONDS: Final = 2.0
_PAUSES: Final = (0.001, 0.002, 0.004, 0.008)


def wait_for(
    transaction: TenantTransaction,
    tenant_id: UUID,
    views: Sequence[str],
    position: int,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> int:
    """Return the position that all views have reached, once it is ``position`` or later.

    Checks at once, then after 1, 2 and 4 ms, then every 8 ms, each in its own transaction.
    Raises ViewBehindError: not within ``timeout_seconds``, or at once if a view stopped before it.
    """
    deadline = time.monotonic() + timeout_seconds
    checks = 0
    while True:
        reached, is_stopped = _reached(transaction, tenant_id, views, position)
        if reached is not None and reached >= position:
            return reached
        pause = _PAUSES[min(checks, len(_PAUSES) - 1)]
        if is_stopped or time.monotonic() + pause > deadline:
            raise ViewBehindError(views, position, reached or 0)
        # Not time.sleep, which waits until an instant of a clock and fails under faketime.
        select.select((), (), (), pause)
        checks += 1


def position_of(transaction: TenantTransaction, tenant_id: UUID, views: Sequence[str]) -> int:
    """Return the position that all views have reached; 0 if no projector has seen the practice."""
    return _reached(transaction, tenant_id, views, 0)[0] or 0


def _reached(
    transaction: TenantTransaction, tenant_id: UUID, views: Sequence[str], position: int
) -> tuple[int | None, bool]:
    """Return the position of all views, None if one has none, and whether one stopped before
    ``position``.
    """
    with transaction(tenant_id) as cursor:
        row = cursor.execute(
            "select coalesce(min(position), 0), count(*), count(error) filter (where position < %s) from projection.cursor"
            " where tenant_id = %s and projector = any (%s)",
            (position, tenant_id, list(views)),
        ).fetchone()
    reached, known, stopped = row or (0, 0, 0)
    return (reached if known == len(views) else None), stopped > 0
