"""A bounded thread pool for blocking work, fair between practices."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from application.kernel.errors import OverloadedError, UnavailableError

TIMEOUT_SECONDS: Final = 2.0
"""How long a request waits for a thread before it is answered with 503."""

T = TypeVar("T")
QueueKey: TypeAlias = Hashable
"""The practice's id; before it is known, a hash of the API key or the client's network."""


class SuspendedError(UnavailableError):
    """The database has stopped answering. Work that was started may still be done."""

    def __init__(self) -> None:
        super().__init__("the practice's log does not answer; send the same request again")


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
        self._pending: set[asyncio.Future[Any]] = set()
        self._is_suspended = False

    async def run(self, key: QueueKey, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread and return its result.

        Raises OverloadedError, SuspendedError, and what ``work`` raises. Cancelling the caller does
        not stop ``work``, nor does a suspension; its thread stays in use until it ends.
        """
        if self._is_suspended:
            raise SuspendedError
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
        self._pending.add(result)
        try:
            return await result
        finally:
            self._pending.discard(result)

    def suspend(self) -> None:
        """Refuse all requests, also those whose work has begun, until ``resume``."""
        self._is_suspended = True
        turns = [turn for queue in self._waiting.values() for turn in queue]
        self._waiting.clear()
        for future in (*turns, *self._pending):
            if not future.done():
                future.set_exception(SuspendedError())

    def resume(self) -> None:
        self._is_suspended = False

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
            if not turn.cancelled() and turn.exception() is None:
                self._end(key)  # reserved just before the timeout: pass it on
            if isinstance(error, TimeoutError):
                raise OverloadedError from None
            raise

    def _finish(self, key: QueueKey, result: asyncio.Future[T], deliver: Callable[[], None]) -> None:
        self._end(key)
        if not result.done():  # cancelled when the caller was, or suspended
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
            if not turn.done():
                turn.set_result(None)
                self._begin(following)
                return
