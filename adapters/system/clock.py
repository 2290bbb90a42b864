"""Clocks: the machine's, and a frozen one for tests and demos."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

MAX_STEP: Final = timedelta(hours=1)
"""A larger step back is followed: the clock was wrong before, and would be for too long."""

_log = logging.getLogger(__name__)


def _machine_time() -> datetime:
    return datetime.now(UTC)


class SystemClock:
    """The machine's clock: the only place where the program reads it. Thread-safe.

    It does not go back: what has expired must stay so. When the machine's clock is set back, by at
    most ``MAX_STEP``, this one runs at half speed until the other has caught up.
    """

    def __init__(
        self, read: Callable[[], datetime] = _machine_time, elapsed_seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._elapsed_seconds = elapsed_seconds
        self._lock = threading.Lock()
        self._latest = read()
        self._latest_at = elapsed_seconds()
        self._is_ahead = False

    def now(self) -> datetime:
        with self._lock:
            now, elapsed = self._read(), self._elapsed_seconds()
            if now < self._latest:
                now = self._held(now, elapsed - self._latest_at)
            else:
                self._is_ahead = False
            self._latest, self._latest_at = now, elapsed
            return now

    def not_before(self, instant: datetime) -> None:
        """Do not return an earlier instant, unless it is more than ``MAX_STEP`` ahead."""
        with self._lock:
            if self._latest < instant <= self._read() + MAX_STEP:
                self._latest = instant

    def _held(self, machine: datetime, elapsed: float) -> datetime:
        back = self._latest - machine
        if back > MAX_STEP:
            _log.warning("the machine's clock was set back by %s, and is followed", back)
            return machine
        if not self._is_ahead:
            _log.warning("the machine's clock was set back by %s; ours waits for it", back)
        self._is_ahead = True
        return self._latest + timedelta(seconds=elapsed / 2)


@dataclass(frozen=True, slots=True)
class FrozenClock:
    """Always returns ``at``, an aware datetime in UTC."""

    at: datetime

    def now(self) -> datetime:
        return self.at
