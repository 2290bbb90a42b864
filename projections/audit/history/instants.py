"""Finds the position that a log had reached at an instant."""

from datetime import datetime
from typing import Final
from uuid import UUID

from projections.audit.history.projector import CHAPTER
from projections.engine.ports import TenantTransaction

# Events after the last complete chapter are checked one by one, so the answer does not wait for the
# projector.
_POSITION: Final = f"""
with complete as (
    select coalesce(max(last_position), 0) as last_position from history.chapter where tenant_id = %(tenant)s
),
reached as (
    select last_position from history.chapter
    where tenant_id = %(tenant)s and earliest_at <= %(instant)s order by last_position desc limit 1
)
select coalesce(
    (
        select max(e.position) from log.event e
        where e.tenant_id = %(tenant)s and e.recorded_at <= %(instant)s and e.position > (select last_position from complete)
    ),
    (
        select max(e.position) from log.event e
        where e.tenant_id = %(tenant)s and e.recorded_at <= %(instant)s
          and e.position > (select last_position - {CHAPTER} from reached) and e.position <= (select last_position from reached)
    ),
    0
)
"""  # noqa: S608  constants only


class Instants:
    """``transaction`` is of a role that may read the log and the history."""

    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def position_at(self, tenant_id: UUID, instant: datetime) -> int:
        """Return the last position that was recorded at or before an instant; 0 before the first.

        All events before it are included: positions order the log, recorded times need not rise.
        """
        with self._transaction(tenant_id) as cursor:
            row = cursor.execute(_POSITION, {"tenant": tenant_id, "instant": instant}).fetchone()
        return int(row[0]) if row else 0
