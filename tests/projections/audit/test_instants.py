"""The position that a log had reached at an instant, even if clocks went back."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from domain.practice.location import Location, LocationDetails
from tests.support.container import Container, SettableClock, by_test
from tests.support.random_history import NOW, RandomHistory

SLOW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def watch(container: Container) -> Iterator[SettableClock]:
    """The log's own clock, for the test to turn, back too."""
    yield container.clock
    container.clock.fixed_time = None


class TestPositionAtInstant:
    @SLOW
    @given(steps=st.lists(st.integers(-300, 300), min_size=1, max_size=150), is_projected=st.booleans())
    def test_is_the_last_one_recorded_by_then_even_if_clocks_go_back(
        self, container: Container, watch: SettableClock, steps: list[int], is_projected: bool
    ) -> None:
        watch.fixed_time = NOW
        log = container.practice()
        recorded = [NOW]
        for number, step in enumerate(steps):
            watch.fixed_time = recorded[-1] + timedelta(seconds=step)
            log.record(location(number), by=by_test())
            recorded.append(watch.fixed_time)
        if is_projected:
            container.runner(page=50).catch_up(log.tenant_id)

        asked = {at + timedelta(seconds=beside) for at in recorded[:: max(1, len(recorded) // 8)] for beside in (-1, 0)}
        for instant in asked:
            reached = [position for position, at in enumerate(recorded, 1) if at <= instant]
            found = container.instants().position_at(log.tenant_id, instant)
            assert found == (reached[-1] if reached else 0)

    def test_is_exact_to_the_microsecond_and_never_of_another_practice(
        self, container: Container, watch: SettableClock
    ) -> None:
        watch.fixed_time = datetime(2026, 6, 1, 8, 0, 0, 123_456, tzinfo=UTC)
        log, other = container.practice(), container.practice()
        other.record(location(1), by=by_test())
        find = container.instants().position_at

        microsecond = timedelta(microseconds=1)
        assert find(log.tenant_id, watch.fixed_time) == 1
        assert find(log.tenant_id, watch.fixed_time - microsecond) == 0
        assert find(other.tenant_id, watch.fixed_time) == 2

    def test_needs_no_projector(self, container: Container, new_history: Callable[[int], RandomHistory]) -> None:
        history = new_history(3)
        last = history.append_events(100, batch_size=10)
        container.runner().catch_up(history.tenant_id)
        last = history.append_events(100, batch_size=10)

        assert container.instants().position_at(history.tenant_id, datetime.now(UTC)) == last


def location(number: int) -> Location:
    return Location.open(id=uuid7(), details=LocationDetails(f"Haus {number}", "UTC"), at=NOW)
