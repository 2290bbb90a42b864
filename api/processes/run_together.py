"""Several endless works in one process: where one fails, none goes on without it."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Event


def run_together(stop: Event, *works: Callable[[Event], None]) -> None:
    """Run each on a thread of its own until ``stop`` is set. Raises what one of them raised, once the others have stopped too."""
    with ThreadPoolExecutor(len(works)) as threads:
        running = [threads.submit(work, stop) for work in works]
        wait(running, return_when=FIRST_COMPLETED)
        stop.set()
    for one in running:
        one.result()
