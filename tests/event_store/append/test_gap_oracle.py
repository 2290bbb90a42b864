"""Readers of the log never miss an event or see one twice, even if writers are killed."""

import os

import pytest

from bench.gap_oracle import run
from bench.store import fresh_store

EVENTS = int(os.environ.get("SCHEDULER_TEST_GAP_EVENTS", "30000"))
"""A million in the long run: `python -m bench gap_oracle --long`."""


class TestGapOracle:
    @pytest.mark.timeout(600)
    def test_a_tailing_reader_sees_every_event_once_while_writers_pause_and_die(self) -> None:
        with fresh_store() as store:
            verdict = run(store, events=EVENTS)

        assert verdict.events >= verdict.acknowledged >= EVENTS * 0.9
        assert verdict.kills > 0
