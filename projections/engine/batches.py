"""Feeds a practice's events to projectors: all together while all is well, one by one around an event that one cannot take.

Nothing is ever skipped: a projector that fails at an event stops there, in that practice alone, and the others go on.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Self, TypeAlias
from uuid import UUID

import psycopg

from domain.kernel.logged_event import LoggedEvent
from projections.engine.cursors import CursorMovedError
from projections.engine.errors import GapError
from projections.engine.ports import LogSource
from projections.engine.rows import Projector, Write

AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError)
"""What says nothing about an event: the database is away or overloaded. Pool timeouts are among them."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Stop:
    """Where a projector stopped: the class of the error, and the position of the event."""

    error: str
    position: int


@dataclass(slots=True)
class Feed:
    """One practice, and how far each projector is in it."""

    tenant_id: UUID
    positions: dict[str, int]
    stops: dict[str, Stop] = field(default_factory=dict)

    def running(self, projectors: Sequence[Projector]) -> list[Projector]:
        return [projector for projector in projectors if projector.name not in self.stops]


@dataclass(frozen=True, slots=True)
class Share:
    """What one projector makes of a batch: it moves from a position to another, and writes."""

    projector: str
    expected: int
    position: int
    writes: Sequence[Write]


Commit: TypeAlias = Callable[[UUID, Sequence[Share]], None]
"""Writes what projectors made, and moves their cursors, in one transaction. Raises CursorMovedError: another did it first."""


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order and without a gap.

    ``error`` is what kept the very next one from being read; then there are none. ``is_last``: nothing lay behind them.
    """

    after: int
    events: Sequence[LoggedEvent]
    error: Exception | None = None
    is_last: bool = False

    @classmethod
    def of(cls, after: int, events: Sequence[LoggedEvent], limit: int, error: Exception | None = None) -> Self:
        """Return the events up to the first gap; ``limit`` is how many were asked for."""
        whole = sum(event.position == expected for expected, event in enumerate(events, after + 1))
        if events and not whole:
            error = GapError()
        return cls(after, events[:whole], error, is_last=whole == len(events) < limit)


def read(log: LogSource, tenant_id: UUID, after: int, limit: int) -> Page:
    """Return up to ``limit`` events behind a position, fewer where one cannot be read. Raises what ``AWAY`` lists."""
    error: Exception | None = None
    while limit:
        try:
            return Page.of(after, log.page(tenant_id, after, limit), limit)
        except AWAY:
            raise
        except Exception as unreadable:
            error = unreadable
            limit = max(1, limit // 8) if limit > 1 else 0
    return Page(after, (), error)


def shares_of(feed: Feed, projectors: Sequence[Projector], page: Page) -> list[Share]:
    """Return what each projector makes of what it has not seen of a page. Raises whatever a projector does."""
    last = page.events[-1].position
    return [_share(feed, one, page.events) for one in projectors if feed.positions[one.name] < last]


def taken(feed: Feed, shares: Sequence[Share]) -> None:
    """Note that shares were committed."""
    for share in shares:
        feed.positions[share.projector] = share.position


def advance(feed: Feed, projectors: Sequence[Projector], page: Page, commit: Commit) -> None:
    """Project a page, each projector what it has not seen of it. Who fails is narrowed down to one event, and stops before it.

    Raises CursorMovedError; what ``AWAY`` lists.
    """
    if page.error is not None:
        for projector in projectors:
            if feed.positions[projector.name] == page.after:
                _stop(feed, projector, page.after + 1, page.error)
    elif page.events:
        last = page.events[-1].position
        _project(feed, [one for one in projectors if feed.positions[one.name] < last], page.events, commit)


def _project(feed: Feed, projectors: Sequence[Projector], events: Sequence[LoggedEvent], commit: Commit) -> None:
    try:
        shares = [_share(feed, projector, events) for projector in projectors]
        commit(feed.tenant_id, shares)
    except (CursorMovedError, *AWAY):
        raise
    except Exception as error:
        if len(projectors) > 1:
            for projector in projectors:
                _project(feed, [projector], events, commit)
        else:
            _narrow(feed, projectors[0], _unseen(feed, projectors[0], events), commit, error)
    else:
        taken(feed, shares)


def _narrow(feed: Feed, projector: Projector, events: Sequence[LoggedEvent], commit: Commit, error: Exception) -> None:
    """Project what can be of events that failed together: one half, then the other."""
    if len(events) == 1:
        _stop(feed, projector, events[0].position, error)
        return
    middle = len(events) // 2
    _project(feed, [projector], events[:middle], commit)
    if projector.name not in feed.stops:
        _project(feed, [projector], events[middle:], commit)


def _share(feed: Feed, projector: Projector, events: Sequence[LoggedEvent]) -> Share:
    writes = projector.project(_unseen(feed, projector, events))
    return Share(projector.name, feed.positions[projector.name], events[-1].position, writes)


def _unseen(feed: Feed, projector: Projector, events: Sequence[LoggedEvent]) -> Sequence[LoggedEvent]:
    return events[feed.positions[projector.name] + 1 - events[0].position :]


def _stop(feed: Feed, projector: Projector, position: int, error: Exception) -> None:
    feed.stops[projector.name] = Stop(type(error).__name__, position)
    # The class alone: a message may hold what was in the event.
    _log.error(
        "projector %s stopped in practice %s at position %d: %s",
        projector.name,
        feed.tenant_id,
        position,
        type(error).__name__,
    )
