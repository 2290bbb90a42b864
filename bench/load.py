"""A closed loop of writers: each starts its next operation when the last one has ended."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from api.processes.interpreter import settle


@dataclass(frozen=True, slots=True)
class Run:
    """``waits`` holds the seconds of each operation."""

    seconds: float
    waits: Sequence[float]

    @property
    def operations(self) -> int:
        return len(self.waits)

    @property
    def per_second(self) -> float:
        return self.operations / self.seconds


def closed_loop(operations: Sequence[Callable[[], None]], seconds: float) -> Run:
    """Repeat each operation in a thread of its own for a time.

    Raises the first error of any thread, after all threads have ended.
    """
    waits: list[list[float]] = [[] for _ in operations]
    errors: list[BaseException] = []
    start = threading.Barrier(len(operations) + 1)
    deadline = 0.0

    def work(operation: Callable[[], None], mine: list[float]) -> None:
        try:
            start.wait()
            now = time.perf_counter()
            while now < deadline and not errors:
                operation()
                began, now = now, time.perf_counter()
                mine.append(now - began)
        except BaseException as error:
            errors.append(error)

    # As a serving process does: the prepared objects are not traversed while the clock runs.
    settle()
    threads = [threading.Thread(target=work, args=pair) for pair in zip(operations, waits, strict=True)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    deadline = began + seconds
    start.wait()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return Run(time.perf_counter() - began, [wait for mine in waits for wait in mine])
