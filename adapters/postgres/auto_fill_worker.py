"""The worker that asks the wait list about time that was given up."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from adapters.postgres.connections import OUTAGES, connecting
from application.kernel.ports import Clock
from application.waitlist.auto_fill import AutoFill

LOOK_SECONDS: Final = 1.0
_PAUSE: Final = timedelta(minutes=1)
"""How long a task that has failed waits, so that it does not hold up the others."""

# The row's lock is the lease: it ends with the connection, whatever becomes of this process.
_TAKE: Final = """
select tenant_id, thing_id, version from auto_fill.task where due_at <= %s order by due_at limit 1 for update skip locked
"""
_DONE: Final = "delete from auto_fill.task where tenant_id = %s and thing_id = %s and version = %s"
_AGAIN: Final = "update auto_fill.task set due_at = %s where tenant_id = %s and thing_id = %s and version = %s"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AutoFillWorker:
    """``conninfo`` logs in as scheduler_worker. Several may run at once, in one process or many: each task is looked at by one."""

    conninfo: str
    auto_fill: AutoFill
    clock: Clock

    def run(self, stop: Event) -> None:
        """Look once a second until ``stop`` is set. While the database is away it waits."""
        while not stop.is_set():
            try:
                with connecting(self.conninfo)() as connection:
                    while not stop.is_set():
                        if not self._step(connection):
                            stop.wait(LOOK_SECONDS)
            except OUTAGES as error:
                _log.warning("the wait list waits, the database is away: %s", type(error).__name__)
                stop.wait(LOOK_SECONDS)

    def step(self) -> bool:
        """Do one task that is due; return whether there was one."""
        with connecting(self.conninfo)() as connection:
            return self._step(connection)

    def _step(self, connection: Connection[Any]) -> bool:
        now = self.clock.now()
        with connection.transaction():
            task = connection.execute(_TAKE, (now,)).fetchone()
            if task is None:
                return False
            tenant_id, thing_id, version = task
            again = self._do(tenant_id, thing_id, version, now)
            if again is None:
                connection.execute(_DONE, task)
            else:
                connection.execute(_AGAIN, (again, *task))
        return True

    def _do(self, tenant_id: UUID, thing_id: UUID, version: int, now: datetime) -> datetime | None:
        """Return when to look again; None if there is nothing left to do."""
        try:
            if version == 0:
                return self.auto_fill.go_on(tenant_id, thing_id)
            self.auto_fill.open(tenant_id, thing_id, version)
        except OUTAGES:
            raise
        except Exception as error:
            # The class alone: a message may hold what was in an event.
            _log.exception("the wait list was not asked: %s", type(error).__name__, exc_info=False)
            return now + _PAUSE
        return None
