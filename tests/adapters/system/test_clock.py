"""The clock never goes back, since what has expired must stay so."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from adapters.system.clock import MAX_STEP, SystemClock
from domain.scheduling.appointments.hold import Hold, HoldStatus
from domain.scheduling.availability.query import Slot, VisitRules

NINE = datetime(2026, 6, 1, 9, tzinfo=UTC)


@dataclass
class Machine:
    """A machine whose clock can be set."""

    time: datetime = NINE
    elapsed: float = 0.0

    def clock(self) -> SystemClock:
        return SystemClock(lambda: self.time, lambda: self.elapsed)

    def run(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.elapsed += seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


class TestSystemClock:
    def test_follows_the_machine(self, machine: Machine) -> None:
        clock = machine.clock()

        machine.run(60)

        assert clock.now() == NINE + timedelta(minutes=1)

    @pytest.mark.parametrize("back", [timedelta(seconds=8), timedelta(minutes=5), MAX_STEP])
    def test_goes_at_half_speed_until_the_machine_has_caught_up(self, machine: Machine, back: timedelta) -> None:
        clock = machine.clock()
        machine.time -= back
        seen = [clock.now()]

        for _ in range(20):
            machine.run(back.total_seconds() / 8)
            seen.append(clock.now())

        assert seen == sorted(seen)
        assert seen[0] == NINE
        assert seen[8] == NINE + back / 2
        assert seen[-1] == machine.time

    def test_follows_a_step_that_is_too_large_to_wait_for(self, machine: Machine) -> None:
        clock = machine.clock()

        machine.time -= MAX_STEP + timedelta(seconds=1)

        assert clock.now() == machine.time

    def test_begins_no_earlier_than_what_was_recorded(self, machine: Machine) -> None:
        clock = machine.clock()

        clock.not_before(NINE + timedelta(minutes=10))
        clock.not_before(NINE + timedelta(days=1))

        assert clock.now() == NINE + timedelta(minutes=10)

    def test_revives_no_expired_hold(self, machine: Machine) -> None:
        clock = machine.clock()
        ten = NINE + timedelta(hours=1)
        slot = Slot(ten, ten + timedelta(hours=1), uuid4(), ())
        held = Hold.place(
            id=uuid4(),
            service_id=uuid4(),
            clinician_id=uuid4(),
            slot=slot,
            rules=VisitRules(duration_minutes=60, step_minutes=5),
            minutes=10,
            counts_as=[],
            at=clock.now(),
        )
        machine.run(600)
        assert held.status_at(clock.now()) is HoldStatus.EXPIRED

        machine.time -= timedelta(minutes=5)

        assert held.status_at(clock.now()) is HoldStatus.EXPIRED
