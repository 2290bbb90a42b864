"""Overrides: where an exempted visit takes place, and which rules it breaks."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.override import slot_with_override
from domain.scheduling.availability.query import Candidate
from domain.scheduling.errors import (
    ClinicianNotOfferingError,
    InThePastError,
    NotOnGridError,
    OutsideHoursError,
    ResourceUnavailableError,
    SchedulingError,
)
from domain.scheduling.time_claim import TimeClaim
from tests.support.availability_builders import (
    CLINICIAN,
    HERE,
    ROOM_1,
    ROOM_2,
    THERE,
    VISITOR,
    at,
    availability_query,
    claim,
    place,
    same_hours_daily,
)

NINE = at("2026-06-01T09:00")
OFFICE = place(same_hours_daily("09:00-17:00"))


def rooms(*busy: UUID) -> list[Candidate]:
    return [
        Candidate(room, "room", [claim("2026-06-01T09:00", "2026-06-01T10:00", what=room)] if room in busy else ())
        for room in (ROOM_1, ROOM_2)
    ]


class TestBrokenRules:
    def test_are_empty_for_a_bookable_time(self) -> None:
        found = slot_with_override(availability_query(OFFICE), NINE)

        assert (found.slot, *found[1:]) == (slot_at(availability_query(OFFICE), NINE), (), (), ())

    def test_is_another_visit_of_the_clinician(self) -> None:
        query = availability_query(OFFICE, busy=[claim("2026-06-01T09:10", "2026-06-01T09:40")])

        found = slot_with_override(query, NINE)

        assert found[1:] == (("time_taken",), (VISITOR,), (CLINICIAN,))

    def test_is_a_buffer(self) -> None:
        query = availability_query(OFFICE, step=30, busy=[claim("2026-06-01T09:30", "2026-06-01T10:00", before=10)])

        assert slot_with_override(query, NINE).rules == ("buffer",)

    @pytest.mark.parametrize(
        ("starts_at", "rules"),
        [
            ("2026-06-01T20:00", ("outside_hours",)),
            ("2026-06-01T09:01", ("not_on_grid",)),
            ("2026-06-01T20:01", ("outside_hours", "not_on_grid")),
            ("2060-06-01T09:00", ("beyond_horizon",)),
            ("2020-01-01T09:00", ("minimum_notice",)),
            ("2020-01-01T08:00", ("minimum_notice", "outside_hours")),
        ],
    )
    def test_is_each_rule_that_refuses(self, starts_at: str, rules: tuple[str, ...]) -> None:
        found = slot_with_override(availability_query(OFFICE, notice=24 * 60), at(starts_at))

        assert (found.rules, found.overlaps, found.beside) == (rules, (), ())
        assert found.slot.starts_at == at(starts_at)

    def test_is_a_room_that_another_has_and_free_ones_come_first(self) -> None:
        shared = availability_query(
            place(same_hours_daily("09:00-17:00"), candidates=rooms(ROOM_1, ROOM_2)), requires=("room",)
        )
        both = availability_query(
            place(same_hours_daily("09:00-17:00"), candidates=rooms(ROOM_1)), requires=("room", "room")
        )

        assert slot_with_override(shared, NINE)[1:] == (("resource_unavailable",), (VISITOR,), (ROOM_1,))
        found = slot_with_override(both, NINE)
        assert (found.slot.resource_ids, found.beside) == ((ROOM_2, ROOM_1), (ROOM_1,))

    def test_is_the_named_room(self) -> None:
        query = availability_query(place(same_hours_daily("09:00-17:00"), candidates=rooms(ROOM_1)))

        assert slot_with_override(query, NINE, [ROOM_1]).beside == (ROOM_1,)

    def test_outside_hours_it_lies_where_the_clinician_would_rather_be(self) -> None:
        there = place(same_hours_daily("09:00-17:00"), location_id=THERE)

        assert slot_with_override(availability_query(OFFICE, there), at("2026-06-01T20:00")).slot.location_id == HERE


class TestFinalRules:
    def test_stays(self) -> None:
        with pytest.raises(InThePastError):
            slot_with_override(availability_query(OFFICE, now="2026-06-02T00:00"), NINE)
        with pytest.raises(ClinicianNotOfferingError):
            slot_with_override(availability_query(OFFICE, is_offering=False), NINE)
        with pytest.raises(NotOnGridError):
            slot_with_override(availability_query(OFFICE), NINE + timedelta(seconds=1))
        with pytest.raises(OutsideHoursError):
            slot_with_override(availability_query(), NINE)
        with pytest.raises(ResourceUnavailableError):
            slot_with_override(availability_query(OFFICE, requires=("room",)), NINE)
        with pytest.raises(InvalidValueError):
            slot_with_override(availability_query(OFFICE), NINE.replace(tzinfo=None))


@given(
    minute=st.integers(0, 3 * 24 * 60),
    busy=st.lists(st.tuples(st.integers(0, 3 * 24 * 60), st.integers(1, 300)), max_size=6),
    notice=st.sampled_from([0, 60, 600]),
)
def test_it_sets_aside_just_what_refuses(minute: int, busy: list[tuple[int, int]], notice: int) -> None:
    begin = at("2020-01-01T00:00")
    times = [
        TimeRange(begin + timedelta(minutes=start), begin + timedelta(minutes=start + length)) for start, length in busy
    ]
    claims = [TimeClaim(VISITOR, CLINICIAN, time, time) for time in times]
    query, starts_at = availability_query(OFFICE, notice=notice, busy=claims), begin + timedelta(minutes=minute)

    found = slot_with_override(query, starts_at)

    if found.rules:
        with pytest.raises(SchedulingError) as refused:
            slot_at(query, starts_at)
        assert refused.value.code == found.rules[0]
    else:
        assert slot_at(query, starts_at) == found.slot
    visit = TimeRange(found.slot.starts_at, found.slot.ends_at)
    assert bool(found.overlaps) == any(time.overlaps(visit) for time in times)
