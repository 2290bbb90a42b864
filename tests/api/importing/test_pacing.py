"""An import within a request pauses as long as it computes."""

import pytest

from api.importing.pacing import SLICE_SECONDS, Pacer


class Thread:
    """Computes on demand, and remembers its pauses."""

    def __init__(self) -> None:
        self.computed = 0.0
        self.pauses: list[float] = []

    def compute(self, seconds: float) -> None:
        self.computed += seconds


def test_each_pause_is_as_long_as_what_was_computed_since_the_last_one() -> None:
    thread = Thread()
    pacer = Pacer(lambda: thread.computed, thread.pauses.append)

    for slices in (1.5, 0.5, 3, 0):
        thread.compute(slices * SLICE_SECONDS)
        pacer.yield_turn()

    assert thread.pauses == pytest.approx([1.5 * SLICE_SECONDS, 3.5 * SLICE_SECONDS])


def test_items_come_with_pauses_between_them() -> None:
    thread = Thread()
    pacer = Pacer(lambda: thread.computed, thread.pauses.append)

    for _ in pacer.paced(range(6)):
        thread.compute(0.75 * SLICE_SECONDS)

    assert thread.pauses == pytest.approx([1.5 * SLICE_SECONDS] * 3)
