"""The one way from the event loop into threads: bounded, and refused rather than queued without end."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

PATIENCE_SECONDS: Final = 2.0
"""How long a request waits for a free thread; see promises A2 and A4: a spike is answered 503, never dropped half-done."""

T = TypeVar("T")


class CrowdedError(Exception):
    """No thread came free in time; nothing was begun."""


class Crossing:
    """Runs what blocks in a bounded pool of threads."""

    def __init__(self, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._free = asyncio.Semaphore(threads)

    async def run(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, from a thread. Raises CrowdedError, and what ``work`` raises.

        A caller that goes away does not end its work: what was begun is finished, and its thread counts as taken until then.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise CrowdedError from None
        future = asyncio.get_running_loop().run_in_executor(self._executor, work)
        future.add_done_callback(self._landed)
        return await asyncio.shield(future)

    def close(self) -> None:
        """Wait for what is under way, begin nothing more."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _landed(self, future: asyncio.Future[T]) -> None:
        self._free.release()
        if not future.cancelled():
            future.exception()  # asked for, so that work whose caller went away does not complain to the log
