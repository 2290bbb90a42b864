"""Project pages of a practice's log.

Projectors run together while none fails. After a failure each runs alone, and its events are halved
until the one that fails is found. The projector stops before that event, in that practice only. No
event is skipped.
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

OUTAGES: Final = (psycopg.OperationalError, psycopg.InterfaceError)
"""Errors of a database that is unreachable or overloaded, pool timeouts included."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """The class of the error that stopped a projector, and the position of the event."""

    error: str
    position: int


@dataclass(slots=True)
class PracticeProgress:
    """The positions of the projectors in one practice, and the failures of those that stopped."""

    tenant_id: UUID
    projectors: Sequence[Projector]
    positions: dict[str, int]
    failures: dict[str, Failure] = field(default_factory=dict)

    @property
    def running(self) -> list[Projector]:
        return [projector for projector in self.projectors if projector.name not in self.failures]

    @property
    def after(self) -> int:
        """The lowest position of a running projector; there must be one."""
        return min(self.positions[projector.name] for projector in self.running)

    def advance(self, batches: Sequence["ProjectedBatch"]) -> None:
        """Note that these batches were committed."""
        self.positions |= {batch.projector: batch.position for batch in batches}


@dataclass(frozen=True, slots=True)
class ProjectedBatch:
    """One projector's writes for the events after ``expected`` up to ``position``."""

    projector: str
    expected: int
    position: int
    writes: Sequence[Write]


Commit: TypeAlias = Callable[[UUID, Sequence[ProjectedBatch]], None]
"""Writes batches and moves their cursors in one transaction. Raises CursorMovedError."""


@dataclass(frozen=True, slots=True)
class Page:
    """Events after a position, in order and without a gap.

    ``error`` is set, and ``events`` empty, if the very next event cannot be read. ``is_last``: the
    log had no more events.
    """

    after: int
    events: Sequence[LoggedEvent]
    error: Exception | None = None
    is_last: bool = False

    @classmethod
    def up_to_gap(cls, after: int, events: Sequence[LoggedEvent], limit: int) -> Self:
        """Return the events before the first gap; ``limit`` is the number that was requested."""
        count = sum(event.position == expected for expected, event in enumerate(events, after + 1))
        error = GapError() if events and not count else None
        return cls(after, events[:count], error, is_last=count == len(events) < limit)


def read_page(log: LogSource, tenant_id: UUID, after: int, limit: int) -> Page:
    """Return up to ``limit`` events, fewer if one cannot be read. Raises ``OUTAGES``."""
    error: Exception | None = None
    while limit:
        try:
            return Page.up_to_gap(after, log.page(tenant_id, after, limit), limit)
        except OUTAGES:
            raise
        except Exception as unreadable:
            error = unreadable
            limit = max(1, limit // 8) if limit > 1 else 0
    return Page(after, (), error)


def project_page(progress: PracticeProgress, page: Page) -> list[ProjectedBatch]:
    """Return the batch of each projector that has not seen all of a page. Raises their errors."""
    return [_batch(progress, projector, page.events) for projector in _behind(progress, page.events[-1].position)]


def project_isolating_failures(progress: PracticeProgress, page: Page, commit: Commit) -> None:
    """Project and commit a page; a projector that fails stops before the event that it fails on.

    Raises CursorMovedError and ``OUTAGES``.
    """
    if page.error is not None:
        for projector in progress.running:
            if progress.positions[projector.name] == page.after:
                _stop(progress, projector, page.after + 1, page.error)
    elif page.events:
        _project(progress, _behind(progress, page.events[-1].position), page.events, commit)


def _behind(progress: PracticeProgress, position: int) -> list[Projector]:
    return [projector for projector in progress.running if progress.positions[projector.name] < position]


def _project(
    progress: PracticeProgress, projectors: Sequence[Projector], events: Sequence[LoggedEvent], commit: Commit
) -> None:
    try:
        batches = [_batch(progress, projector, events) for projector in projectors]
        commit(progress.tenant_id, batches)
    except (CursorMovedError, *OUTAGES):
        raise
    except Exception as error:
        if len(projectors) > 1:
            for projector in projectors:
                _project(progress, [projector], events, commit)
            return
        [projector] = projectors
        unseen = _unseen(progress, projector, events)
        if len(unseen) == 1:
            _stop(progress, projector, unseen[0].position, error)
            return
        middle = len(unseen) // 2
        _project(progress, projectors, unseen[:middle], commit)
        if projector.name not in progress.failures:
            _project(progress, projectors, unseen[middle:], commit)
    else:
        progress.advance(batches)


def _batch(progress: PracticeProgress, projector: Projector, events: Sequence[LoggedEvent]) -> ProjectedBatch:
    writes = projector.project(_unseen(progress, projector, events))
    return ProjectedBatch(projector.name, progress.positions[projector.name], events[-1].position, writes)


def _unseen(progress: PracticeProgress, projector: Projector, events: Sequence[LoggedEvent]) -> Sequence[LoggedEvent]:
    return events[progress.positions[projector.name] + 1 - events[0].position :]


def _stop(progress: PracticeProgress, projector: Projector, position: int, error: Exception) -> None:
    failure = progress.failures[projector.name] = Failure(type(error).__name__, position)
    # The class alone: a message may hold data of the event.
    _log.error(
        "projector %s stopped in practice %s at position %d: %s",
        projector.name,
        progress.tenant_id,
        position,
        failure.error,
    )
