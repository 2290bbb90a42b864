"""Run a function in several threads at once."""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def run_concurrently(count: int, action: Callable[[int], T]) -> list[T | Exception]:
    """Call ``action(0)`` to ``action(count - 1)`` in threads that start together.

    Return the result of each call in order, or the exception that it raised.
    """
    results: list[T | Exception] = [RuntimeError("not called")] * count
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = action(number)
        except Exception as error:  # tests assert on it
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def map_concurrently(count: int, action: Callable[[int], T]) -> list[T]:
    """Call ``action`` as `run_concurrently` does; raise the first exception of a call."""
    results = []
    for result in run_concurrently(count, action):
        if isinstance(result, Exception):
            raise result
        results.append(result)
    return results
