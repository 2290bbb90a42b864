"""An import within a request leaves the interpreter to other requests half of the time."""

import select
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from application.importing.ports import Directory, KnownDetails

SLICE_SECONDS: Final = 0.005
"""Processor time after which the thread pauses."""

T = TypeVar("T")


def _pause(seconds: float) -> None:
    # Not time.sleep, which waits until an instant of a clock and fails under faketime.
    select.select((), (), (), seconds)


class Pacer:
    """Pauses a thread as long as it has computed since its last pause. Used in one thread."""

    def __init__(
        self, computed: Callable[[], float] = time.thread_time, pause: Callable[[float], None] = _pause
    ) -> None:
        """``computed`` returns the processor time of the thread, in seconds."""
        self._computed = computed
        self._pause = pause
        self._since = computed()

    def yield_turn(self) -> None:
        """Pause if a slice was computed since the last pause."""
        used = self._computed() - self._since
        if used >= SLICE_SECONDS:
            self._pause(used)
            self._since = self._computed()

    def paced(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, with pauses between them."""
        for item in items:
            yield item
            self.yield_turn()


@dataclass(frozen=True, slots=True)
class PacedDirectory:
    """Implements Directory with pauses between the patients."""

    directory: Directory
    pacer: Pacer

    def everyone(self, tenant_id: UUID) -> Iterator[tuple[UUID, KnownDetails]]:
        return self.pacer.paced(self.directory.everyone(tenant_id))

    def words(self, name: str) -> Sequence[str]:
        return self.directory.words(name)
