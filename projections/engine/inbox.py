"""Collects hints in the background, so that none waits for the work that an earlier one caused."""

import logging
import threading
from typing import Final
from uuid import UUID

from projections.engine.batches import OUTAGES
from projections.engine.ports import Listen

OUTAGE_PAUSE_SECONDS: Final = 0.1
_log = logging.getLogger(__name__)


class Inbox:
    """Listens on its own thread until ``stop`` is set; reconnects when its connection is lost."""

    def __init__(self, listen: Listen, stop: threading.Event) -> None:
        self._listen = listen
        self._stop = stop
        self._tenant_ids: set[UUID] = set()
        self._must_sweep = False
        self._arrived = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
        self._thread.start()

    def take(self, timeout_seconds: float) -> tuple[set[UUID], bool]:
        """Wait; return the practices hinted at since the last call, and whether to sweep."""
        with self._arrived:
            if timeout_seconds > 0:
                self._arrived.wait_for(lambda: self._tenant_ids or self._must_sweep, timeout_seconds)
            taken = self._tenant_ids, self._must_sweep
            self._tenant_ids, self._must_sweep = set(), False
        return taken

    def close(self) -> None:
        """Wait for the thread, which checks ``stop`` whenever its listener yields."""
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                for tenant_ids in self._listen():
                    with self._arrived:
                        self._must_sweep |= tenant_ids is None
                        self._tenant_ids |= tenant_ids or set()
                        self._arrived.notify()
                    if self._stop.is_set():
                        return
            except OUTAGES as error:
                _log.warning("the connection for hints was lost, sweeps go on: %s", type(error).__name__)
                self._stop.wait(OUTAGE_PAUSE_SECONDS)
