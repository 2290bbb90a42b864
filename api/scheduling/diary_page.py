"""Visits and sessions in one order: a page of what lies in a diary."""

from collections.abc import Sequence

from projections.calendar.queries import Bookmark, CalendarEntry, CalendarPage
from projections.calendar.session_queries import SessionEntry, SessionPage


def in_one_order(
    visits: CalendarPage, sessions: SessionPage, limit: int
) -> tuple[Sequence[CalendarEntry | SessionEntry], Bookmark | None]:
    """Return up to ``limit`` of both in order of their start, and where the next page begins; each was asked for as many."""
    both: list[CalendarEntry | SessionEntry] = [*visits.entries, *sessions.entries]
    both.sort(key=bookmark_of)
    chosen = both[:limit]
    is_last = len(both) <= limit and visits.after is None and sessions.after is None
    return chosen, None if is_last else bookmark_of(chosen[-1])


def bookmark_of(entry: CalendarEntry | SessionEntry) -> Bookmark:
    """Return the place of a visit or session in a diary."""
    return Bookmark(entry.starts_at, entry.appointment_id if isinstance(entry, CalendarEntry) else entry.session_id)
