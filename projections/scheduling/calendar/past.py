"""Asks the calendar how it looked at a position of the log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar, cast
from uuid import UUID

import msgspec

from domain.kernel.logged_event import LoggedEvent
from projections.engine.ports import LogSource, TenantTransaction
from projections.engine.rows import Row
from projections.scheduling.calendar import queries, session_queries
from projections.scheduling.calendar.projector import CalendarProjector
from projections.scheduling.calendar.queries import LONGEST_VISIT, Bookmark, CalendarEntry, CalendarFilter, CalendarPage
from projections.scheduling.calendar.session_queries import SessionEntry, SessionPage
from projections.scheduling.calendar.session_rows import session_writes

# A thing is where it is since the event that put it there, and was where it was until one: at a position it has one place at most.
# One statement, since a thing may be moved meanwhile.
_PAGE: Final = """
with place as (
    (
        select t.{id} as id, t.starts_at from calendar.{table} t
        where t.tenant_id = %(tenant)s and t.placed_position <= %(position)s and {is_there}
        order by t.starts_at, t.{id} limit %(limit)s
    )
    union all
    (
        select t.thing_id, t.starts_at
        from calendar.former_place t join calendar.{table} x on x.tenant_id = t.tenant_id and x.{id} = t.thing_id
        where t.tenant_id = %(tenant)s and t.from_position <= %(position)s and t.until_position > %(position)s and {was_there}
        order by t.starts_at, t.thing_id limit %(limit)s
    )
    order by starts_at, id limit %(limit)s
)
select {columns} from place join calendar.{table} {alias} on {alias}.tenant_id = %(tenant)s and {alias}.{id} = place.id
order by place.starts_at, place.id
"""


class Entry(Protocol):
    @property
    def starts_at(self) -> datetime: ...
    @property
    def position(self) -> int: ...


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind(Generic[E]):
    """A table of the calendar. ``rows`` are those that its projector makes of things from their beginnings on."""

    entry: type[E]
    table: str
    alias: str
    id: str
    columns: str
    of_clinician: str
    entry_of: Callable[[tuple[Any, ...]], E]
    rows: Callable[[Sequence[LoggedEvent]], Sequence[Row]]


_VISITS: Final = _Kind(
    entry=CalendarEntry,
    table="appointment",
    alias="a",
    id="appointment_id",
    columns=", ".join(f"a.{name}" for name in queries.COLUMNS.split(", ")),
    of_clinician="t.clinician_id = %(clinician)s",
    entry_of=queries.entry_of,
    rows=lambda events: CalendarProjector().project(events)[0].rows,
)
_SESSIONS: Final = _Kind(
    entry=SessionEntry,
    table="session",
    alias="s",
    id="session_id",
    columns=session_queries.COLUMNS,
    of_clinician="%(clinician)s = any (t.staff_ids)",
    entry_of=session_queries.session_of,
    rows=lambda events: session_writes(events)[0].rows,
)


class PastCalendar:
    """Where each thing was is kept; what else was different of one that has changed since, its first events tell the projector again.

    ``log`` is one that the asking role may read. The calendar must have come to the position that is asked about. It is asked
    for a window, a clinician and a resource; the other filters are for the present alone.
    """

    def __init__(self, transaction: TenantTransaction, log: LogSource) -> None:
        self._transaction = transaction
        self._log = log

    def visits(
        self, tenant_id: UUID, position: int, which: CalendarFilter, *, after: Bookmark | None = None, limit: int = 100
    ) -> CalendarPage:
        """Return up to ``limit`` visits behind a bookmark, as they were."""
        return CalendarPage(*self._page(_VISITS, tenant_id, position, which, after, limit))

    def sessions(
        self, tenant_id: UUID, position: int, which: CalendarFilter, *, after: Bookmark | None = None, limit: int = 100
    ) -> SessionPage:
        """Return up to ``limit`` sessions behind a bookmark, as they were."""
        return SessionPage(*self._page(_SESSIONS, tenant_id, position, which, after, limit))

    def _page(
        self,
        kind: _Kind[E],
        tenant_id: UUID,
        position: int,
        which: CalendarFilter,
        after: Bookmark | None,
        limit: int,
    ) -> tuple[Sequence[E], Bookmark | None]:
        statement = _PAGE.format(
            table=kind.table,
            alias=kind.alias,
            id=kind.id,
            columns=kind.columns,
            is_there=_condition(which, after, kind.id, kind.of_clinician),
            was_there=_condition(which, after, "thing_id", "%(clinician)s = any (t.clinician_ids)"),
        )
        values = {
            "tenant": tenant_id,
            "position": position,
            "limit": limit + 1,
            "opens": which.starts_from,
            "reach": which.starts_from and which.starts_from - LONGEST_VISIT,
            "closes": which.until,
            "clinician": which.clinician_id,
            "resource": which.resource_id,
            "after_start": after and after.starts_at,
            "after_id": after and after.id,
        }
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(statement.encode(), values, binary=True).fetchall()
        # The first column of each kind is its id.
        found = {row[0]: kind.entry_of(row) for row in rows[:limit]}
        changed = [id_ for id_, entry in found.items() if entry.position > position]
        if changed:
            begun = kind.rows(self._log.first_of_streams(tenant_id, changed, position))
            untold = dict.fromkeys(name.rpartition(".")[2] for name in kind.columns.split(", "))
            found |= {cast(UUID, row[kind.id]): msgspec.convert(untold | row, kind.entry) for row in begun}
        last = next(reversed(found.items()), None) if len(rows) > limit else None
        return list(found.values()), Bookmark(last[1].starts_at, last[0]) if last else None


def _condition(which: CalendarFilter, after: Bookmark | None, id_: str, of_clinician: str) -> str:
    tests = (
        (which.starts_from, "t.ends_at > %(opens)s and t.starts_at > %(reach)s"),
        (which.until, "t.starts_at < %(closes)s"),
        (which.clinician_id, of_clinician),
        (which.resource_id, "%(resource)s = any (t.resource_ids)"),
        (after, f"(t.starts_at, t.{id_}) > (%(after_start)s, %(after_id)s)"),
    )
    return " and ".join(["true", *(test for value, test in tests if value is not None)])
