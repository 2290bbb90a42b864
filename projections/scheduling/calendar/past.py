"""Query the calendar as it was at a position of the log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Generic, TypeVar, cast
from uuid import UUID

import msgspec

from domain.kernel.logged_event import LoggedEvent
from projections.engine.ports import LogSource, TenantTransaction
from projections.engine.queries import TableQuery, after_key, columns_of, in_utc, where
from projections.engine.rows import Write
from projections.scheduling.calendar.projector import appointment_writes
from projections.scheduling.calendar.queries import (
    APPOINTMENTS,
    OF_CLINICIAN,
    OF_STAFF,
    SESSIONS,
    Bookmark,
    ByStart,
    CalendarEntry,
    CalendarFilter,
    CalendarPage,
    SessionEntry,
    place_conditions,
)
from projections.scheduling.calendar.session_rows import session_writes

# An appointment or session has been in its place since one event, and was in a former place until
# another: at a position it has at most one. One statement, since it may be moved meanwhile.
_PAGE: Final = """
with place as (
    (
        select {id} as id, starts_at from {table}
        where tenant_id = %s and placed_position <= %s and {is_there}
        order by starts_at, {id} limit %s
    )
    union all
    (
        select thing_id, starts_at from calendar.former_place p
        where tenant_id = %s and from_position <= %s and until_position > %s and {was_there}
            and exists (select from {table} x where x.tenant_id = p.tenant_id and x.{id} = p.thing_id)
        order by starts_at, thing_id limit %s
    )
    order by starts_at, id limit %s
)
select {columns} from place join {table} t on t.tenant_id = %s and t.{id} = place.id
order by place.starts_at, place.id
"""

E = TypeVar("E", bound=CalendarEntry | SessionEntry)


@dataclass(frozen=True, slots=True)
class _Kind(Generic[E]):
    """A table of the calendar; ``writes`` are its projector's, the first one for rows to insert."""

    table: TableQuery[E, ByStart]
    of_clinician: str
    writes: Callable[[Sequence[LoggedEvent]], Sequence[Write]]


class PastCalendar:
    """Reads places from the calendar, and replays the events of entries that have changed since.

    ``log`` is one that the caller's role may read. The calendar must have reached the position.
    Only the window, clinician and resource of a filter apply.
    """

    def __init__(self, transaction: TenantTransaction, log: LogSource) -> None:
        self._transaction = transaction
        self._log = log

    def appointments(
        self, tenant_id: UUID, position: int, which: CalendarFilter, *, after: Bookmark | None = None, limit: int = 100
    ) -> CalendarPage[CalendarEntry]:
        """Return up to ``limit`` appointments after a bookmark, as they were."""
        kind = _Kind(APPOINTMENTS, OF_CLINICIAN, appointment_writes)
        return self._page(kind, tenant_id, position, which, after, limit)

    def sessions(
        self, tenant_id: UUID, position: int, which: CalendarFilter, *, after: Bookmark | None = None, limit: int = 100
    ) -> CalendarPage[SessionEntry]:
        """Return up to ``limit`` sessions after a bookmark, as they were."""
        return self._page(_Kind(SESSIONS, OF_STAFF, session_writes), tenant_id, position, which, after, limit)

    def _page(
        self,
        kind: _Kind[E],
        tenant_id: UUID,
        position: int,
        which: CalendarFilter,
        after: Bookmark | None,
        limit: int,
    ) -> CalendarPage[E]:
        record, id_ = kind.table.record, kind.table.order_by[-1]
        is_there, now = where(*place_conditions(which, kind.of_clinician), after_key(("starts_at", id_), after))
        was_there, then = where(
            *place_conditions(which, "%s = any (clinician_ids)"), after_key(("starts_at", "thing_id"), after)
        )
        statement = _PAGE.format(
            table=kind.table.table, id=id_, columns=columns_of(record, "t"), is_there=is_there, was_there=was_there
        )
        present = (tenant_id, position, *now, limit + 1)
        former = (tenant_id, position, position, *then, limit + 1)
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(statement.encode(), (*present, *former, limit + 1, tenant_id), binary=True).fetchall()
        # The first column of each table is its id.
        entries: dict[UUID, E] = {row[0]: record(*in_utc(row)) for row in rows[:limit]}
        if changed := [key for key, entry in entries.items() if entry.position > position]:
            inserted = kind.writes(self._log.first_of_streams(tenant_id, changed, position))[0].rows
            missing: dict[str, Any] = dict.fromkeys(field.name for field in fields(record))
            entries |= {cast(UUID, row[id_]): msgspec.convert(missing | row, record) for row in inserted}
        last = next(reversed(entries.items()), None) if len(rows) > limit else None
        return CalendarPage(list(entries.values()), Bookmark(last[1].starts_at, last[0]) if last else None)
