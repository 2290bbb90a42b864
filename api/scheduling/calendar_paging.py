"""Pages of visits and sessions together, in order of their start."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from api.http.paging import decoded, encoded
from domain.kernel.errors import InvalidValueError
from projections.scheduling.calendar.queries import Bookmark, CalendarEntry, CalendarPage, SessionEntry

LONGEST_WINDOW: Final = timedelta(days=370)


def in_one_order(
    visits: CalendarPage[CalendarEntry], sessions: CalendarPage[SessionEntry], limit: int
) -> tuple[Sequence[CalendarEntry | SessionEntry], Bookmark | None]:
    """Return up to ``limit`` entries of two pages of that size, and where the next page begins."""
    both: list[CalendarEntry | SessionEntry] = [*visits.entries, *sessions.entries]
    both.sort(key=bookmark_of)
    chosen = both[:limit]
    is_last = len(both) <= limit and visits.after is None and sessions.after is None
    return chosen, None if is_last else bookmark_of(chosen[-1])


def bookmark_of(entry: CalendarEntry | SessionEntry) -> Bookmark:
    """Return the place of a visit or session in the order."""
    return Bookmark(entry.starts_at, entry.appointment_id if isinstance(entry, CalendarEntry) else entry.session_id)


def encoded_bookmark(after: Bookmark | None) -> str | None:
    return encoded(f"{after.starts_at.isoformat()} {after.id}") if after else None


def bookmark(cursor: str | None) -> Bookmark | None:
    mark = decoded(cursor)
    if mark is None:
        return None
    starts_at, _, id_ = mark.partition(" ")
    try:
        return Bookmark(datetime.fromisoformat(starts_at), UUID(id_))
    except ValueError:
        raise InvalidValueError("cursor", "this cursor is not one that a page has given") from None
