"""Wakes a worker when the database notifies it that there is work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from adapters.postgres.connections import OUTAGES, connect
from event_store.append.notifier import listen

_TIMEOUT_SECONDS: Final = 1.0


@contextmanager
def waking(conninfo: str, channel: str, wake: Callable[[], None], stop: Event) -> Iterator[None]:
    """Call ``wake`` on each notification on a channel, and once a second, until ``stop`` is set.

    Leave the block only after ``stop`` is set.
    """

    def follow() -> None:
        while not stop.is_set():
            try:
                with connect(conninfo) as connection:
                    for _ in listen(connection, _TIMEOUT_SECONDS, channel):
                        wake()
                        if stop.is_set():
                            return
            except OUTAGES:
                stop.wait(_TIMEOUT_SECONDS)

    thread = Thread(target=follow, name=channel, daemon=True)
    thread.start()
    yield
    thread.join(2 * _TIMEOUT_SECONDS)
