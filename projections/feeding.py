"""Feeds a practice's events to projectors: all together while all is well, one by one around an event that one cannot take.

Nothing is ever skipped: a projector that fails at an event stops there, in that practice alone, and the others go on.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from uuid import UUID

import psycopg

from domain.logged_event import LoggedEvent
from projections.cursors import CursorMovedError
from projections.errors import GapError
from projections.ports import LogSource
from projections.rows import Projector, Write

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


def read(log: LogSource, feed: Feed, projectors: Sequence[Projector], limit: int) -> Sequence[LoggedEvent]:
    """Return a page behind the slowest projector; where an event is missing or cannot be read, those before it.

    If that is the very next one, who stands before it stops there, and the page is empty. Raises what ``AWAY`` lists.
    """
    after = min(feed.positions[projector.name] for projector in projectors)
    events: Sequence[LoggedEvent] = ()
    error: Exception = GapError()
    while limit:
        try:
            events = log.page(feed.tenant_id, after, limit)
        except AWAY:
            raise
        except Exception as unreadable:
            error = unreadable
            limit //= 8
        else:
            if not events:
                return ()
            break
    whole = sum(event.position == expected for expected, event in enumerate(events, after + 1))
    if not whole:
        for projector in projectors:
            if feed.positions[projector.name] == after:
                _stop(feed, projector, after + 1, error)
    return events[:whole]


def advance(feed: Feed, projectors: Sequence[Projector], events: Sequence[LoggedEvent], commit: Commit) -> None:
    """Project a page, each projector what it has not seen of it. Who fails is narrowed down to one event, and stops before it.

    Raises CursorMovedError; what ``AWAY`` lists.
    """
    fresh = [projector for projector in projectors if feed.positions[projector.name] < events[-1].position]
    try:
        shares = [_share(feed, projector, events) for projector in fresh]
        commit(feed.tenant_id, shares)
    except (CursorMovedError, *AWAY):
        raise
    except Exception as error:
        if len(fresh) > 1:
            for projector in fresh:
                advance(feed, [projector], events, commit)
            return
        [projector] = fresh
        unseen = events[feed.positions[projector.name] + 1 - events[0].position :]
        if len(unseen) == 1:
            _stop(feed, projector, unseen[0].position, error)
            return
        middle = len(unseen) // 2
        advance(feed, fresh, unseen[:middle], commit)
        if projector.name not in feed.stops:
            advance(feed, fresh, unseen[middle:], commit)
        return
    for share in shares:
        feed.positions[share.projector] = share.position


def _share(feed: Feed, projector: Projector, events: Sequence[LoggedEvent]) -> Share:
    seen = feed.positions[projector.name]
    unseen = events[seen + 1 - events[0].position :]
    return Share(projector.name, seen, events[-1].position, projector.project(unseen))


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
