"""Runs several loops in one process; if one fails, all stop."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Event


def run_together(stop: Event, *works: Callable[[Event], None]) -> None:
    """Run each function in a thread until ``stop`` is set or one of them ends.

    Raises the error of a function, after all have stopped.
    """
    with ThreadPoolExecutor(len(works)) as threads:
        running = [threads.submit(work, stop) for work in works]
        wait(running, return_when=FIRST_COMPLETED)
        stop.set()
    for one in running:
        one.result()
