"""A budget of requests without a valid key, per client network."""

import math
import time
from collections.abc import Callable
from typing import Final

from cachetools import LRUCache

PER_SECOND: Final = 10.0
"""How many requests a client network may send in the long run."""
BURST: Final = 50.0
"""How many it may send at once, after a pause."""
REFUSAL_DELAY_SECONDS: Final = 1.0
"""How long a refusal is held back: a client that repeats at once would use the time of others."""
_MAX_CLIENTS: Final = 10_000


class RequestBudget:
    """A token bucket per client network. For one thread only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: LRUCache[str, tuple[float, float]] = LRUCache(_MAX_CLIENTS)
        """Tokens left, and when they were counted."""

    def take(self, client: str, tokens: int = 1) -> int | None:
        """Take tokens; if there are too few, return the whole seconds until there are enough."""
        now = self._clock()
        left, counted_at = self._buckets.get(client, (BURST, now))
        left = min(BURST, left + (now - counted_at) * PER_SECOND)
        if left < tokens:
            return math.ceil((tokens - left) / PER_SECOND)
        self._buckets[client] = (left - tokens, now)
        return None

    def give_back(self, client: str) -> None:
        """Return a token: the request had a valid key."""
        if client in self._buckets:
            left, counted_at = self._buckets[client]
            self._buckets[client] = (left + 1, counted_at)
