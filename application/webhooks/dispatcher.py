"""Hands endpoints with something to deliver to couriers, many at once, and none of them twice."""

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

LANES: Final = 16
"""So many endpoints are served at once."""
LANES_FOR_RETRIES: Final = 8
"""Of these so many may try what failed before: receivers that are down, and take ten seconds to say so, leave room for the others."""
LANES_FOR_A_PRACTICE: Final = 4
LOOK_SECONDS: Final = 1.0
"""Work is looked for this often, and at once on a hint."""

_log = logging.getLogger(__name__)


class WebhookDispatcher:
    """Several may run beside each other, in one process or many."""

    def __init__(self, outbox: DeliveryStore, courier: WebhookSender, clock: Clock, lanes: int = LANES) -> None:
        self._outbox = outbox
        self._courier = courier
        self._clock = clock
        self._lanes = lanes
        self._changed = threading.Condition()
        self._is_due = True
        self._under_way: dict[DeliveryLease, bool] = {}  # with whether it is a retry

    def wake(self) -> None:
        """Look for work now."""
        with self._changed:
            self._is_due = True
            self._changed.notify()

    def run(self, stop: threading.Event, outages: tuple[type[Exception], ...]) -> None:
        """Deliver until ``stop`` is set and what is under way has ended. Waits while what ``outages`` names is away."""
        prolong_at = time.monotonic()
        with ThreadPoolExecutor(self._lanes, thread_name_prefix="webhooks") as lanes:
            while not stop.is_set() or self._under_way:
                with self._changed:
                    self._changed.wait_for(lambda: self._is_due, LOOK_SECONDS)
                    self._is_due = False
                try:
                    if time.monotonic() >= prolong_at:
                        prolong_at = time.monotonic() + LOOK_SECONDS
                        self._prolong()
                    self._look(lanes, stop, outages)
                except outages as error:
                    _log.warning("webhooks wait, the database is away: %s", type(error).__name__)
                    stop.wait(LOOK_SECONDS)

    def _prolong(self) -> None:
        with self._changed:
            held = list(self._under_way)
        if held:
            self._outbox.prolong(held)

    def _look(self, lanes: ThreadPoolExecutor, stop: threading.Event, outages: tuple[type[Exception], ...]) -> None:
        for retries in (False, True):
            with self._changed:
                free = self._lanes - len(self._under_way)
                if retries:
                    free = min(free, LANES_FOR_RETRIES - sum(self._under_way.values()))
                by_practice = Counter(lease.tenant_id for lease in self._under_way)
            if free < 1 or stop.is_set():
                continue
            busy = [tenant_id for tenant_id, number in by_practice.items() if number >= LANES_FOR_A_PRACTICE]
            for lease in self._outbox.lend(uuid7(), self._clock.now(), retries=retries, busy=busy, most=free):
                by_practice[lease.tenant_id] += 1
                if by_practice[lease.tenant_id] > LANES_FOR_A_PRACTICE:
                    self._outbox.give_back(lease)
                    continue
                with self._changed:
                    self._under_way[lease] = retries
                lanes.submit(self._carry_out, lease, stop.is_set, outages)

    def _carry_out(
        self, lease: DeliveryLease, is_stopping: Callable[[], bool], outages: tuple[type[Exception], ...]
    ) -> None:
        try:
            self._courier.carry_out(lease, is_stopping)
        except outages as error:
            _log.warning("webhooks of practice %s wait: %s", lease.tenant_id, type(error).__name__)
        except Exception as error:
            # The class alone: a message may hold an address. Its lease ends by itself, so that it is tried again, and nobody else waits.
            _log.error("webhooks of practice %s failed: %s", lease.tenant_id, type(error).__name__)
        finally:
            with self._changed:
                del self._under_way[lease]
                self._is_due = True
                self._changed.notify()
