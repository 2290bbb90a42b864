"""Keeps the read models up with the logs: in each practice on its own, rows and cursors in one transaction."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

import psycopg

from projections.engine import cursors
from projections.engine.batches import AWAY, Feed, Page, Share, advance, read, shares_of, taken
from projections.engine.inbox import Inbox
from projections.engine.ports import Connect, Listen, LogSource, TenantTransaction
from projections.engine.rows import Call, Projector, calls, carry_out

SWEEP_SECONDS: Final = 1.0
_TOGETHER: Final = 16
"""How many practices' pages travel together, while more are waiting."""
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
        self._must_reload = threading.Event()

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

    def reload(self) -> None:
        """Make ``run`` read the cursors again and retry stopped projectors: a rebuild has set them. Thread-safe."""
        self._must_reload.set()

    def behind(self) -> list[UUID]:
        """Return the practices whose log has events that a projector has not seen."""
        with self._connect() as connection:
            return cursors.behind(connection, self._names)

    def step(self, tenant_id: UUID) -> bool:
        """Project one page of a practice; return whether there may be more. Raises psycopg.OperationalError: nothing happened."""
        return bool(self.steps([tenant_id]))

    def steps(self, tenant_ids: Sequence[UUID]) -> list[UUID]:
        """Project one page of each practice, all together; return where there may be more.

        Where that fails, each is projected alone, so that what is wrong with one stops no other.
        """
        flight = [turn for tenant_id in tenant_ids if (turn := self._turn(tenant_id)) is not None]
        if not flight:
            return []
        pages = self._read(flight)
        together = [(turn, page) for turn, page in zip(flight, pages, strict=True) if page.events]
        try:
            parts = [(turn.feed, shares_of(turn.feed, turn.running, page)) for turn, page in together]
            self._commit([(feed.tenant_id, shares) for feed, shares in parts])
        except AWAY:
            raise
        except Exception:
            return [t.feed.tenant_id for t, page in zip(flight, pages, strict=True) if self._alone(t, page)]
        for feed, shares in parts:
            taken(feed, shares)
            self._forgive(feed)
        unreadable = [(turn, page) for turn, page in zip(flight, pages, strict=True) if page.error is not None]
        for turn, page in unreadable:
            self._alone(turn, page)
        return [turn.feed.tenant_id for turn, page in together if not page.is_last]

    def _turn(self, tenant_id: UUID) -> "_Turn | None":
        self._resume(tenant_id)
        feed = self._feeds.get(tenant_id) or self._begin(tenant_id)
        running = feed.running(self._projectors)
        return _Turn(feed, running, min(feed.positions[one.name] for one in running)) if running else None

    def _read(self, flight: Sequence["_Turn"]) -> list[Page]:
        try:
            found = self._log.pages([(turn.feed.tenant_id, turn.after) for turn in flight], self._page)
        except AWAY:
            raise
        except Exception:
            return [read(self._log, turn.feed.tenant_id, turn.after, self._page) for turn in flight]
        return [Page.of(turn.after, events, self._page) for turn, events in zip(flight, found, strict=True)]

    def _alone(self, turn: "_Turn", page: Page) -> bool:
        """Project one practice's page by itself; return whether there may be more."""
        feed = turn.feed
        before = set(feed.stops)
        try:
            advance(feed, turn.running, page, lambda tenant_id, shares: self._commit([(tenant_id, shares)]))
        except cursors.CursorMovedError:
            del self._feeds[feed.tenant_id]
            return True
        for name in feed.stops.keys() - before:
            self._note(feed, name)
        self._forgive(feed)
        return bool(page.events) and not page.is_last

    def run(self, listen: Listen, stop: threading.Event) -> None:
        """Follow all logs until ``stop`` is set: on hints at once, and by a sweep each second, which is the truth.

        Practices take turns, a page each, so that a long one does not hold up the others. While the database is away it waits.
        """
        inbox = Inbox(listen, stop)
        waiting: dict[UUID, None] = {}
        sweep_at = time.monotonic()
        while not stop.is_set():
            if self._must_reload.is_set():
                self._must_reload.clear()
                self._feeds.clear()
                self._retries.clear()
            try:
                if time.monotonic() >= sweep_at:
                    waiting |= dict.fromkeys(self.behind())
                    sweep_at = time.monotonic() + SWEEP_SECONDS
                named, asks_for_sweep = inbox.take(0 if waiting else sweep_at - time.monotonic())
                waiting |= dict.fromkeys(named)
                if asks_for_sweep:
                    sweep_at = time.monotonic()
                turns = list(islice(waiting, _TOGETHER))
                for tenant_id in turns:
                    del waiting[tenant_id]
                waiting |= dict.fromkeys(self.steps(turns))
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

    def _commit(self, parts: Sequence[tuple[UUID, Sequence[Share]]]) -> None:
        """Write what practices' projectors made and move their cursors, in one transaction."""
        if not parts:
            return
        asked: list[Call] = []
        # In one order for everybody, so that two runners never wait for each other in a ring.
        for tenant_id, shares in sorted(parts, key=_tenant):
            # First the cursors: whoever holds them is alone with this practice's rows, and a rebuild waits here.
            moves = {share.projector: (share.expected, share.position) for share in shares}
            asked.append(cursors.advance(tenant_id, moves))
            for share in shares:
                asked += calls(share.projector, share.writes)
        with self._connect() as connection:
            try:
                carry_out(connection, asked)
            except psycopg.DatabaseError as error:
                if error.sqlstate == cursors.MOVED:
                    raise cursors.CursorMovedError from error
                raise

    def _note(self, feed: Feed, name: str) -> None:
        """Keep where a projector stopped, and when to try it again: after a second, then ever later."""
        stop = feed.stops[name]
        with self._transaction(feed.tenant_id) as cursor:
            cursors.record_failure(cursor, feed.tenant_id, name, stop.error, stop.position)
        _, pause = self._retries.get((feed.tenant_id, name), (0.0, _SHORTEST_PAUSE / 2))
        pause = min(pause * 2, _LONGEST_PAUSE)
        self._retries[feed.tenant_id, name] = (time.monotonic() + pause, pause)

    def _forgive(self, feed: Feed) -> None:
        """Forget the pauses of projectors that run again."""
        if self._retries:
            for name in self._names:
                if name not in feed.stops:
                    self._retries.pop((feed.tenant_id, name), None)

    def _resume(self, tenant_id: UUID, *, even_early: bool = False) -> None:
        """Let projectors that stopped try again, if their pause is over."""
        feed = self._feeds.get(tenant_id)
        if feed is None:
            return
        now = time.monotonic()
        if even_early or any(self._retries[tenant_id, name][0] <= now for name in feed.stops):
            # What it remembers of the cursors is dropped as well: another program may have moved them.
            del self._feeds[tenant_id]


@dataclass(frozen=True, slots=True)
class _Turn:
    """A practice whose turn it is, the projectors that run there, and the position behind which they begin."""

    feed: Feed
    running: Sequence[Projector]
    after: int


def _tenant(part: tuple[UUID, Sequence[Share]]) -> UUID:
    return part[0]
