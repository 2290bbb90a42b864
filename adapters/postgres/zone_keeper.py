"""The worker that keeps times on the wall after the program came with another release of the time zone database."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from adapters.postgres.connections import OUTAGES, connecting
from application.kernel.ports import Clock
from application.scheduling.zone_changes.adopt_zone_rules import AdoptZoneRulesHandler
from domain.kernel.zone_sightings import Sightings
from event_store.read.zone_sightings import ZoneSightingStore

_PAUSE_SECONDS: Final = 5.0
_LONG_PAUSE_SECONDS: Final = 600.0
"""Where a practice could not be done, all are asked again: not at once."""
_LEASE: Final = 7_239_481_005
"""The advisory lock of whoever does it: it ends with the connection, whatever becomes of this process."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ZoneKeeper:
    """``conninfo`` logs in as scheduler_worker. Several may run at once: one of them does the work, and the others find it done."""

    conninfo: str
    sightings: ZoneSightingStore
    keep: AdoptZoneRulesHandler
    practices: Callable[[], Sequence[UUID]]
    clock: Clock

    def run(self, stop: Event) -> None:
        """Do it once, a practice at a time; then wait until ``stop`` is set, since no release can come while the program runs."""
        while not stop.is_set():
            pause = _PAUSE_SECONDS
            try:
                if self.sightings.is_settled():
                    stop.wait()
                    return
                with connecting(self.conninfo)() as connection:
                    if self._has_lease(connection) and not self._go_through(stop):
                        pause = _LONG_PAUSE_SECONDS
            except OUTAGES as error:
                _log.warning("times on the wall wait, the database is away: %s", type(error).__name__)
            stop.wait(pause)

    def _has_lease(self, connection: Connection[Any]) -> bool:
        row = connection.execute("select pg_try_advisory_lock(%s)", (_LEASE,)).fetchone()
        return bool(row and row[0])

    def _go_through(self, stop: Event) -> bool:
        """Return whether every practice goes by the newest rules now."""
        seen, is_whole = self.sightings.read(), True
        for tenant_id in self.practices():
            if stop.is_set():
                return False
            is_whole &= self._keep(tenant_id, seen)
        if is_whole:
            self.sightings.finish(seen.newest, self.clock.now())
        return is_whole

    def _keep(self, tenant_id: UUID, seen: Sightings) -> bool:
        """Return whether a practice has its times; one that has not does not hold up the others."""
        try:
            self.keep(tenant_id, seen)
        except OUTAGES:
            raise
        except Exception as error:
            # The class alone: a message may hold what was in an event.
            _log.exception("times on the wall were not kept: %s", type(error).__name__, exc_info=False)
            return False
        return True
