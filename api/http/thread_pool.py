"""A bounded thread pool for blocking work, fair between practices."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeAlias, TypeVar

TIMEOUT_SECONDS: Final = 2.0
"""How long a request waits for a thread before it is answered with 503."""

T = TypeVar("T")
QueueKey: TypeAlias = Hashable
"""Identifies a request's queue: the practice's id; before it is known, a hash of the API key."""


class OverloadedError(Exception):
    """No thread was free in time; the work was not started."""


class FairThreadPool:
    """Runs blocking work in threads.

    Each queue has at most ``share`` threads, even while others are idle, so that other queues find
    a free thread and less competition for the interpreter. Waiting queues take turns, one request
    each; a queue is first in, first out.
    """

    def __init__(self, threads: int, share: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._idle = threads
        self._share = share
        self._running: Counter[QueueKey] = Counter()
        self._waiting: OrderedDict[QueueKey, deque[asyncio.Future[None]]] = OrderedDict()

    async def run(self, key: QueueKey, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread and return its result.

        Raises OverloadedError, and what ``work`` raises. Cancelling the caller does not stop
        ``work``; its thread stays in use until it ends.
        """
        if self._may_begin(key):
            self._begin(key)
        else:
            await self._turn_of(key)
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()

        def work_in_thread() -> None:
            deliver: Callable[[], None]
            try:
                deliver = partial(result.set_result, work())
            except BaseException as error:
                deliver = partial(result.set_exception, error)
            loop.call_soon_threadsafe(self._finish, key, result, deliver)

        self._executor.submit(work_in_thread)
        return await result

    def close(self) -> None:
        """Finish running work and start no more."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _may_begin(self, key: QueueKey) -> bool:
        return self._idle > 0 and self._running[key] < self._share

    def _begin(self, key: QueueKey) -> None:
        self._idle -= 1
        self._running[key] += 1

    async def _turn_of(self, key: QueueKey) -> None:
        """Wait until a thread is reserved for the queue."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(turn)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await turn
        except BaseException as error:
            if not turn.cancelled():
                self._end(key)  # reserved just before the timeout: pass it on
            if isinstance(error, TimeoutError):
                raise OverloadedError from None
            raise

    def _finish(self, key: QueueKey, result: asyncio.Future[T], deliver: Callable[[], None]) -> None:
        self._end(key)
        if not result.cancelled():  # cancelled when the caller was
            deliver()

    def _end(self, key: QueueKey) -> None:
        self._idle += 1
        self._running[key] -= 1
        if not self._running[key]:
            del self._running[key]
        # Only queues that use their whole share are skipped, so they are few.
        while (following := next((each for each in self._waiting if self._may_begin(each)), None)) is not None:
            turns = self._waiting.pop(following)
            turn = turns.popleft()
            if turns:
                self._waiting[following] = turns  # behind the others
            if not turn.cancelled():
                turn.set_result(None)
                self._begin(following)
                return
