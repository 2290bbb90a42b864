"""Send to many endpoints at once, to each from one thread at a time."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from uuid_utils.compat import uuid7

from application.kernel.ports import Clock
from application.webhooks.ports import DeliveryLease, DeliveryStore
from application.webhooks.sender import WebhookSender

THREADS: Final = 16
"""The number of endpoints that one process serves at a time."""
RETRY_THREADS: Final = 8
"""How many of the threads may retry failed messages: a slow receiver takes ten seconds to fail."""
THREADS_PER_PRACTICE: Final = 4
POLL_SECONDS: Final = 1.0
"""How often the dispatcher looks for work without a hint, and extends its leases."""

_log = logging.getLogger(__name__)


class WebhookDispatcher:
    """Leases endpoints and sends their messages.

    Several dispatchers may run, in one process or in many.
    """

    def __init__(self, store: DeliveryStore, sender: WebhookSender, clock: Clock, threads: int = THREADS) -> None:
        self._store = store
        self._sender = sender
        self._clock = clock
        self._threads = threads
        self._changed = threading.Condition()
        self._is_woken = True
        self._leases: dict[DeliveryLease, bool] = {}  # whether each is a retry

    def wake(self) -> None:
        """Look for work now."""
        with self._changed:
            self._is_woken = True
            self._changed.notify()

    def run(self, stop: threading.Event, outages: tuple[type[Exception], ...]) -> None:
        """Send until ``stop`` is set, then wait for the threads.

        Waits while the database is unreachable, which raises the errors in ``outages``.
        """
        extend_at = time.monotonic()
        with ThreadPoolExecutor(self._threads, thread_name_prefix="webhooks") as pool:
            while not stop.is_set() or self._leases:
                with self._changed:
                    self._changed.wait_for(lambda: self._is_woken, POLL_SECONDS)
                    self._is_woken = False
                try:
                    if time.monotonic() >= extend_at:
                        extend_at = time.monotonic() + POLL_SECONDS
                        self._extend()
                    self._start_due(pool, stop, outages)
                except outages as error:
                    _log.warning("webhooks wait, the database is unreachable: %s", type(error).__name__)
                    stop.wait(POLL_SECONDS)

    def _extend(self) -> None:
        with self._changed:
            held = list(self._leases)
        if held:
            self._store.extend(held)

    def _start_due(self, pool: ThreadPoolExecutor, stop: threading.Event, outages: tuple[type[Exception], ...]) -> None:
        for retries in (False, True):
            with self._changed:
                free = self._threads - len(self._leases)
                if retries:
                    free = min(free, RETRY_THREADS - sum(self._leases.values()))
                by_practice = Counter(lease.tenant_id for lease in self._leases)
            if free < 1 or stop.is_set():
                continue
            busy = [tenant_id for tenant_id, number in by_practice.items() if number >= THREADS_PER_PRACTICE]
            for lease in self._store.lease(uuid7(), self._clock.now(), retries=retries, busy=busy, most=free):
                by_practice[lease.tenant_id] += 1
                if by_practice[lease.tenant_id] > THREADS_PER_PRACTICE:
                    self._store.release(lease)
                    continue
                with self._changed:
                    self._leases[lease] = retries
                pool.submit(self._send, lease, stop.is_set, outages)

    def _send(
        self, lease: DeliveryLease, is_stopping: Callable[[], bool], outages: tuple[type[Exception], ...]
    ) -> None:
        try:
            self._sender.send(lease, is_stopping)
        except outages as error:
            _log.warning("webhooks of practice %s wait: %s", lease.tenant_id, type(error).__name__)
        except Exception as error:
            # The class alone: a message may hold an address. After the lease has expired, the
            # endpoint is leased again.
            _log.error("webhooks of practice %s failed: %s", lease.tenant_id, type(error).__name__)
        finally:
            with self._changed:
                del self._leases[lease]
                self._is_woken = True
                self._changed.notify()
