"""Endless tasks in one process: when one fails, all end, and so does the process."""

from threading import Event

import pytest

from api.processes.run_together import run_together
from tests.support.wait_until import TIMEOUT_SECONDS


class TestRunTogether:
    def test_stops_the_others_and_raises_when_one_fails(self) -> None:
        ended: list[str] = []

        def patient(stop: Event) -> None:
            assert stop.wait(TIMEOUT_SECONDS)
            ended.append("patient")

        def failing(_: Event) -> None:
            raise LookupError

        with pytest.raises(LookupError):
            run_together(Event(), patient, failing)

        assert ended == ["patient"]

    def test_ends_when_told_to(self) -> None:
        stop = Event()
        stop.set()

        run_together(stop, lambda stop: None, lambda stop: None)
