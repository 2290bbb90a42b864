"""The one way from the event loop into threads: bounded, fair between practices, and refused rather than queued without end."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeAlias, TypeVar

TIMEOUT_SECONDS: Final = 2.0
"""How long a request waits for its turn; see promises A2 and A4: a spike is answered 503, never dropped half-done."""

T = TypeVar("T")
Lane: TypeAlias = Hashable
"""Whose request it is: a practice's id, or what stands for whoever asks before their practice is known."""


class OverloadedError(Exception):
    """No turn came in time; nothing was begun."""


class FairThreadPool:
    """Runs what blocks in a bounded pool of threads.

    Each lane has at most ``share`` of them at a time, even while others are idle: whoever comes next then finds a thread at once, and
    few to divide the interpreter with. Lanes that wait are served in turn, one request each; within a lane the first comes first.
    """

    def __init__(self, threads: int, share: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._idle = threads
        self._share = share
        self._running: Counter[Lane] = Counter()
        self._waiting: OrderedDict[Lane, deque[asyncio.Future[None]]] = OrderedDict()

    async def run(self, lane: Lane, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, from a thread. Raises OverloadedError, and what ``work`` raises.

        A caller that goes away does not end its work: what was begun is finished, and its thread counts as taken until then.
        """
        if self._may_begin(lane):
            self._begin(lane)
        else:
            await self._turn_of(lane)
        loop = asyncio.get_running_loop()
        arrival: asyncio.Future[T] = loop.create_future()

        def carry() -> None:
            tell: Callable[[], None]
            try:
                tell = partial(arrival.set_result, work())
            except BaseException as error:
                tell = partial(arrival.set_exception, error)
            loop.call_soon_threadsafe(self._landed, lane, arrival, tell)

        self._executor.submit(carry)
        return await arrival

    def close(self) -> None:
        """Wait for what is under way, begin nothing more."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _may_begin(self, lane: Lane) -> bool:
        return self._idle > 0 and self._running[lane] < self._share

    def _begin(self, lane: Lane) -> None:
        self._idle -= 1
        self._running[lane] += 1

    async def _turn_of(self, lane: Lane) -> None:
        """Wait until the lane has a thread, which is then counted as taken."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(lane, deque()).append(turn)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await turn
        except BaseException as error:
            if not turn.cancelled():
                self._end(lane)  # it had come just then: it is the next one's
            if isinstance(error, TimeoutError):
                raise OverloadedError from None
            raise

    def _landed(self, lane: Lane, arrival: asyncio.Future[T], tell: Callable[[], None]) -> None:
        self._end(lane)
        if not arrival.cancelled():  # it is where the caller went away
            tell()

    def _end(self, lane: Lane) -> None:
        self._idle += 1
        self._running[lane] -= 1
        if not self._running[lane]:
            del self._running[lane]
        # Lanes that have to be passed over have their whole share at work, so they are few.
        while (following := next((each for each in self._waiting if self._may_begin(each)), None)) is not None:
            turns = self._waiting.pop(following)
            turn = turns.popleft()
            if turns:
                self._waiting[following] = turns  # behind the others
            if not turn.cancelled():
                turn.set_result(None)
                self._begin(following)
                return
