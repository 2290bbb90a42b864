"""Collects hints in the background, so that none waits behind the work that an earlier one asked for."""

import logging
import threading
from typing import Final
from uuid import UUID

from projections.engine.batches import AWAY
from projections.engine.ports import Listen

_AWAY_PAUSE: Final = 0.1
_log = logging.getLogger(__name__)


class Inbox:
    """Listens on a thread of its own until ``stop`` is set, and anew whenever its connection is lost."""

    def __init__(self, listen: Listen, stop: threading.Event) -> None:
        self._listen = listen
        self._stop = stop
        self._named: set[UUID] = set()
        self._asks_for_sweep = False
        self._arrived = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
        self._thread.start()

    def take(self, timeout_seconds: float) -> tuple[set[UUID], bool]:
        """Return the practices named since the last call, and whether all should be looked at; wait for either if there is time."""
        with self._arrived:
            if timeout_seconds > 0:
                self._arrived.wait_for(lambda: self._named or self._asks_for_sweep, timeout_seconds)
            named, self._named = self._named, set()
            asks_for_sweep, self._asks_for_sweep = self._asks_for_sweep, False
        return named, asks_for_sweep

    def close(self) -> None:
        """Wait for the thread, which looks at ``stop`` whenever its listener yields."""
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                for named in self._listen():
                    with self._arrived:
                        if named is None:
                            self._asks_for_sweep = True
                        else:
                            self._named |= named
                        self._arrived.notify()
                    if self._stop.is_set():
                        return
            except AWAY as error:
                _log.warning("hints are lost, sweeps go on: %s", type(error).__name__)
                self._stop.wait(_AWAY_PAUSE)
