"""A hold's life: kept, then used, released or expired."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.hold import Hold, HoldStatus
from domain.scheduling.availability.query import Slot, VisitRules
from tests.support.availability_builders import CLINICIAN, HERE, ROOM_1, at, between

ID, SERVICE, MARK, VISIT = (UUID(int=n) for n in range(300, 304))
NOW = at("2026-06-01T08:00")
MINUTE = timedelta(minutes=1)


def place_hold(minutes: int = 10) -> Hold:
    return Hold.place(
        id=ID,
        service_id=SERVICE,
        clinician_id=CLINICIAN,
        slot=Slot(at("2026-06-01T09:00"), at("2026-06-01T09:30"), HERE, (ROOM_1,)),
        rules=VisitRules(duration_minutes=30, step_minutes=30, buffer_before_minutes=5, buffer_after_minutes=10),
        minutes=minutes,
        counts_as=[MARK],
        at=NOW,
    )


class TestHold:
    def test_claims_its_time_and_its_place_until_it_expires(self) -> None:
        claims = place_hold().claims()

        time, room, place = claims
        assert (time.what, room.what, place.what) == (CLINICIAN, ROOM_1, MARK)
        assert time.during == room.during == between("2026-06-01T08:55", "2026-06-01T09:40")
        assert place.during == TimeRange(NOW, NOW + 10 * MINUTE)
        assert (time.service_id, place.service_id) == (SERVICE, None)
        for claim in claims:
            assert not claim.has_expired(NOW + 10 * MINUTE - timedelta(microseconds=1))
            assert claim.has_expired(NOW + 10 * MINUTE)

    def test_is_held_then_used_released_or_expired(self) -> None:
        used, released, forgotten = place_hold(), place_hold(), place_hold()

        used.use(VISIT, NOW)

        assert (used.status_at(NOW + 20 * MINUTE), used.claims()) == (HoldStatus.USED, [])
        assert released.release(NOW)
        assert not released.release(NOW)
        assert (released.status_at(NOW), released.claims()) == (HoldStatus.RELEASED, [])
        assert forgotten.status_at(NOW + 10 * MINUTE - timedelta(microseconds=1)) is HoldStatus.HELD
        assert forgotten.status_at(NOW + 10 * MINUTE) is HoldStatus.EXPIRED
        assert not forgotten.release(NOW + 10 * MINUTE)

    @pytest.mark.parametrize("minutes", [0, -1, 11])
    def test_lasts_one_to_ten_minutes(self, minutes: int) -> None:
        with pytest.raises(InvalidValueError):
            place_hold(minutes)

    def test_its_facts_alone_give_the_same_hold_again(self) -> None:
        hold = place_hold()
        hold.use(VISIT, NOW)
        replayed = None
        for fact in hold.collect_events():
            replayed = fact.mutate(replayed)

        assert replayed == hold
