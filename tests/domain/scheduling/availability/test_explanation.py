"""Why a time is not free: every reason, and none where it is."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.time_range import TimeRange
from domain.practice.dated_hours import DatedHours
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.explanation import ObstacleCause, absences, obstacles
from domain.scheduling.availability.query import AvailabilityQuery, Candidate, Period, Quota
from domain.scheduling.errors import SchedulingError
from tests.support.availability_builders import (
    ROOM_1,
    at,
    availability_query,
    between,
    claim,
    hours,
    place,
    same_hours_daily,
)
from tests.support.availability_strategies import FIVE, MASSAGE, limited_queries

MONDAY_NINE = at("2026-06-01T09:00")


def obstacle_codes(query: AvailabilityQuery, starts_at: str) -> list[tuple[str, ObstacleCause]]:
    return [(obstacle.code, obstacle.cause) for obstacle in obstacles(query, at(starts_at))]


class TestObstacles:
    def test_are_none_where_a_visit_can_start(self) -> None:
        assert obstacles(availability_query(place(same_hours_daily("09:00-17:00"))), MONDAY_NINE) == []

    def test_are_all_there_is_and_not_just_the_first(self) -> None:
        visit = claim("2026-06-01T16:00", "2026-06-01T16:30")._replace(service_id=MASSAGE)
        query = availability_query(
            place(same_hours_daily("09:00-12:00"), candidates=[Candidate(ROOM_1, "room", [visit])]),
            busy=[visit], notice=60, now="2026-06-01T15:30", requires=("room",), step=30,
        )  # fmt: skip
        query = replace(
            query,
            quotas=[Quota(Period.DAY, 1)],
            time_off=[between("2026-06-01T14:00", "2026-06-01T18:00")],
            is_offering=False,
        )

        assert obstacle_codes(query, "2026-06-01T16:10") == [
            ("clinician_not_offering", ObstacleCause.SERVICE),
            ("minimum_notice", ObstacleCause.SERVICE),
            ("outside_hours", ObstacleCause.HOURS),
            ("resource_unavailable", ObstacleCause.SERVICE),
            ("time_off", ObstacleCause.TIME_OFF),
            ("time_taken", ObstacleCause.VISITS),
            ("daily_limit", ObstacleCause.CLINICIAN_LIMIT),
        ]

    def test_name_the_visits_behind_them(self) -> None:
        near, far = claim("2026-06-01T09:30", "2026-06-01T10:00"), claim("2026-06-01T12:00", "2026-06-01T13:00")
        query = availability_query(place(same_hours_daily("09:00-17:00")), after=10, step=30, busy=[near, far])

        [found] = obstacles(query, MONDAY_NINE)

        assert (found.code, list(found.claims)) == ("buffer", [near])

    def test_tell_a_holiday_from_hours(self) -> None:
        closed = DatedHours(((0, same_hours_daily("09:00-17:00")),), frozenset([date(2026, 6, 1).toordinal()]))
        query = availability_query(replace(place(hours()), hours=closed))

        assert obstacle_codes(query, "2026-06-01T09:00") == [("public_holiday", ObstacleCause.HOLIDAYS)]
        assert obstacle_codes(query, "2026-06-02T08:00") == [("outside_hours", ObstacleCause.HOURS)]

    def test_tell_what_lies_off_the_grid(self) -> None:
        query = availability_query(place(same_hours_daily("09:00-17:00")), step=30)

        assert obstacle_codes(query, "2026-06-01T09:10") == [("not_on_grid", ObstacleCause.SERVICE)]
        assert obstacle_codes(query, "2026-06-01T09:00:30") == [("not_on_grid", ObstacleCause.SERVICE)]

    def test_say_that_somebody_without_hours_is_nowhere(self) -> None:
        assert obstacle_codes(availability_query(), "2026-06-01T09:00") == [("outside_hours", ObstacleCause.HOURS)]


class TestAbsences:
    def test_of_a_booked_visit_are_hours_and_time_off_alone(self) -> None:
        query = availability_query(place(same_hours_daily("09:00-12:00")), notice=10_000, now="2026-06-01T08:00")

        assert absences(query, between("2026-06-01T09:05", "2026-06-01T11:50")) == []
        assert [each.code for each in absences(query, between("2026-06-01T11:05", "2026-06-01T12:05"))] == [
            "outside_hours"
        ]
        away = replace(query, time_off=[between("2026-06-01T11:00", "2026-06-01T11:10")])
        assert [each.code for each in absences(away, between("2026-06-01T10:00", "2026-06-01T11:05"))] == ["time_off"]


@settings(max_examples=60)
@given(limited_queries(), st.lists(st.integers(0, 2_400), max_size=25))
def test_there_is_an_obstacle_exactly_where_nothing_can_be_booked(
    drawn: tuple[AvailabilityQuery, TimeRange], minutes: list[int]
) -> None:
    query, window = drawn

    for start in [window.starts_at + timedelta(minutes=each) for each in minutes] + [
        window.starts_at + each * FIVE for each in range(0, 200, 7)
    ]:
        found = obstacles(query, start)
        refusal = refused(query, start)
        known = {obstacle.code for obstacle in found}
        assert bool(found) == (refusal is not None)
        # The refusal's code is among the reasons, or a more specific one is.
        assert refusal is None or refusal in known or known & {"time_off", "public_holiday"}, (refusal, known)


def refused(query: AvailabilityQuery, start: datetime) -> str | None:
    try:
        slot_at(query, start)
    except SchedulingError as refusal:
        return refusal.code
    return None


@settings(max_examples=40)
@given(limited_queries())
def test_without_the_visits_that_are_named_only_rules_remain(
    drawn: tuple[AvailabilityQuery, TimeRange],
) -> None:
    query, window = drawn

    for start in (window.starts_at + each * FIVE for each in range(0, 200, 11)):
        behind = [each for obstacle in obstacles(query, start) for each in obstacle.claims]
        lighter = replace(
            query,
            busy=[each for each in query.busy if each not in behind],
            places=[
                replace(
                    place,
                    candidates=[
                        c._replace(busy=[each for each in c.busy if each not in behind]) for c in place.candidates
                    ],
                )
                for place in query.places
            ],
        )
        assert not any(obstacle.claims for obstacle in obstacles(lighter, start))
