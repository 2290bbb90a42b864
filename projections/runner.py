"""Keeps the read models up with the logs: in each practice on its own, rows and cursors in one transaction."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from projections import cursors
from projections.feeding import AWAY, Feed, Share, advance, read
from projections.inbox import Inbox
from projections.ports import Connect, Listen, LogSource, TenantTransaction
from projections.rows import Projector, write

SWEEP_SECONDS: Final = 1.0
_SHORTEST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_AWAY_PAUSE: Final = 0.1

_log = logging.getLogger(__name__)


class Runner:
    """Runs projectors. Several may run at once, in one process or many: none applies an event twice.

    ``transaction`` and ``connect`` reach the database as scheduler_projector. ``page`` is how many events it takes at once: a
    practice that waits its turn behind 80 long ones waits for less than a second.
    Not thread-safe: each thread has its own.
    """

    def __init__(
        self,
        log: LogSource,
        projectors: Sequence[Projector],
        transaction: TenantTransaction,
        connect: Connect,
        *,
        page: int = 250,
    ) -> None:
        self._log = log
        self._projectors = tuple(projectors)
        self._names = [projector.name for projector in projectors]
        self._transaction = transaction
        self._connect = connect
        self._page = page
        self._feeds: dict[UUID, Feed] = {}
        self._retries: dict[tuple[UUID, str], tuple[float, float]] = {}

    def catch_up(self, tenant_id: UUID) -> None:
        """Project one practice up to its newest event, or to where projectors stop. Stopped ones are tried again."""
        self._resume(tenant_id, even_early=True)
        while self.step(tenant_id):
            pass

    def sweep(self) -> None:
        """Project whatever any practice's log holds that is not projected yet."""
        for tenant_id in self.behind():
            while self.step(tenant_id):
                pass

    def behind(self) -> list[UUID]:
        """Return the practices whose log has events that a projector has not seen."""
        heads = self._log.heads()
        with self._connect() as connection:
            reached = cursors.slowest(connection, self._names)
        return [tenant_id for tenant_id, head in heads.items() if reached.get(tenant_id, 0) < head]

    def step(self, tenant_id: UUID) -> bool:
        """Project one page of a practice; return whether there may be more. Raises psycopg.OperationalError: nothing happened."""
        self._resume(tenant_id)
        feed = self._feeds.get(tenant_id) or self._begin(tenant_id)
        running = feed.running(self._projectors)
        if not running:
            return False
        before = set(feed.stops)
        after = min(feed.positions[projector.name] for projector in running)
        page = read(self._log, tenant_id, after, self._page)
        try:
            advance(feed, running, page, self._commit)
        except cursors.CursorMovedError:
            del self._feeds[tenant_id]
            return True
        for name in feed.stops.keys() - before:
            self._note(feed, name)
        if self._retries:
            for projector in feed.running(running):
                self._retries.pop((tenant_id, projector.name), None)
        return bool(page.events) and not page.is_last

    def run(self, listen: Listen, stop: threading.Event) -> None:
        """Follow all logs until ``stop`` is set: on hints at once, and by a sweep each second, which is the truth.

        Practices take turns, a page each, so that a long one does not hold up the others. While the database is away it waits.
        """
        inbox = Inbox(listen, stop)
        waiting: dict[UUID, None] = {}
        sweep_at = time.monotonic()
        while not stop.is_set():
            try:
                if time.monotonic() >= sweep_at:
                    waiting |= dict.fromkeys(self.behind())
                    sweep_at = time.monotonic() + SWEEP_SECONDS
                named, asks_for_sweep = inbox.take(0 if waiting else sweep_at - time.monotonic())
                waiting |= dict.fromkeys(named)
                if asks_for_sweep:
                    sweep_at = time.monotonic()
                if waiting:
                    tenant_id = next(iter(waiting))
                    del waiting[tenant_id]
                    if self.step(tenant_id):
                        waiting[tenant_id] = None
            except AWAY as error:
                _log.warning("the database is away: %s", type(error).__name__)
                self._feeds.clear()
                stop.wait(_AWAY_PAUSE)
        inbox.close()

    def _begin(self, tenant_id: UUID) -> Feed:
        with self._transaction(tenant_id) as cursor:
            positions = cursors.load(cursor, tenant_id, self._names)
        feed = self._feeds[tenant_id] = Feed(tenant_id, positions)
        return feed

    def _commit(self, tenant_id: UUID, shares: Sequence[Share]) -> None:
        with self._transaction(tenant_id) as cursor:
            # First the cursors: whoever holds them is alone with this practice's rows, and a rebuild waits its turn here.
            cursors.advance(cursor, tenant_id, {share.projector: (share.expected, share.position) for share in shares})
            for share in shares:
                write(cursor, share.projector, share.writes)

    def _note(self, feed: Feed, name: str) -> None:
        """Keep where a projector stopped, and when to try it again: after a second, then ever later."""
        stop = feed.stops[name]
        with self._transaction(feed.tenant_id) as cursor:
            cursors.record_failure(cursor, feed.tenant_id, name, stop.error, stop.position)
        _, pause = self._retries.get((feed.tenant_id, name), (0.0, _SHORTEST_PAUSE / 2))
        pause = min(pause * 2, _LONGEST_PAUSE)
        self._retries[feed.tenant_id, name] = (time.monotonic() + pause, pause)

    def _resume(self, tenant_id: UUID, *, even_early: bool = False) -> None:
        """Let projectors that stopped try again, if their pause is over."""
        feed = self._feeds.get(tenant_id)
        if feed is None:
            return
        now = time.monotonic()
        if even_early or any(self._retries[tenant_id, name][0] <= now for name in feed.stops):
            # What it remembers of the cursors is dropped as well: another program may have moved them.
            del self._feeds[tenant_id]
