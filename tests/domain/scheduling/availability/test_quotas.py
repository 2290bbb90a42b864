"""Limits per day and week, time off and hours that change: for people, and for any question."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.dated_hours import DatedHours
from domain.practice.time_off import DaysOff, HoursOff, parse_time_off
from domain.practice.visit_limits import VisitLimits
from domain.scheduling.availability.availability import offered, slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Period, Quota
from domain.scheduling.availability.quotas import full_periods, period_around
from domain.scheduling.errors import DailyLimitError, OutsideHoursError, SchedulingError, WeeklyLimitError
from domain.scheduling.time_claim import TimeClaim
from tests.support.availability_builders import (
    ROOM_1,
    at,
    availability_query,
    between,
    claim,
    hours,
    offered_starts,
    place,
    same_hours_daily,
)
from tests.support.availability_strategies import FIVE, MASSAGE, TALK, claims, limited_queries

BERLIN = "Europe/Berlin"
WEEK = between("2026-06-01T00:00", "2026-06-08T00:00")


def visit(starts_at: str, service_id: UUID | None = MASSAGE) -> TimeClaim:
    begins = at(starts_at)
    return claim(starts_at, f"{begins + timedelta(minutes=30):%Y-%m-%dT%H:%M}")._replace(service_id=service_id)


def limited_query(*quotas: Quota, busy: Sequence[TimeClaim], zone: str = BERLIN) -> AvailabilityQuery:
    query = availability_query(place(same_hours_daily("09:00-11:00"), BERLIN), minutes=60, busy=busy)
    return replace(query, zone=zone, quotas=quotas)


class TestDay:
    def test_that_is_full_offers_nothing_more_and_says_why(self) -> None:
        query = limited_query(Quota(Period.DAY, 1), busy=[visit("2026-06-01T07:00")])

        assert offered_starts(query, between("2026-06-01T00:00", "2026-06-03T00:00")) == [
            "2026-06-02T07:00",
            "2026-06-02T08:00",
        ]
        with pytest.raises(DailyLimitError):
            slot_at(query, at("2026-06-01T08:00"))

    def test_is_the_clinicians_own(self) -> None:
        # 23:30 UTC on Sunday is Monday in Berlin, and still Sunday in New York.
        night = visit("2026-05-31T22:30")

        assert len(offered_starts(limited_query(Quota(Period.DAY, 1), busy=[night]), WEEK)) == 12
        assert (
            len(offered_starts(limited_query(Quota(Period.DAY, 1), busy=[night], zone="America/New_York"), WEEK)) == 14
        )

    @pytest.mark.parametrize(("on", "hours_long"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
    def test_of_a_change_of_clocks_is_whole(self, on: str, hours_long: int) -> None:
        day = period_around(BERLIN, Period.DAY, at(f"{on}T12:00"))

        assert day.duration == timedelta(hours=hours_long)
        for edge in (day.starts_at, day.ends_at - timedelta(minutes=30)):
            query = limited_query(Quota(Period.DAY, 1), busy=[visit(f"{edge:%Y-%m-%dT%H:%M}")])
            assert offered_starts(query, day) == []

    def test_counts_visits_of_the_service_alone_where_the_service_is_limited(self) -> None:
        busy = [visit("2026-06-01T07:00", TALK)]

        assert offered_starts(limited_query(Quota(Period.DAY, 1, TALK), busy=busy), WEEK)[0] == "2026-06-02T07:00"
        assert offered_starts(limited_query(Quota(Period.DAY, 1, MASSAGE), busy=busy), WEEK)[0] == "2026-06-01T08:00"

    def test_counts_no_hold_and_no_other_busy_time(self) -> None:
        hold = visit("2026-06-01T07:00")._replace(expires_at=at("2030-01-01T00:00"))
        lunch = visit("2026-06-01T07:00", service_id=None)

        for busy in (hold, lunch):
            assert offered_starts(limited_query(Quota(Period.DAY, 1), busy=[busy]), WEEK)[0] == "2026-06-01T08:00"


class TestWeek:
    def test_runs_from_monday_to_sunday(self) -> None:
        query = limited_query(Quota(Period.WEEK, 1), busy=[visit("2026-06-07T07:00")])

        assert offered_starts(query, between("2026-05-31T00:00", "2026-06-09T00:00")) == [
            "2026-05-31T07:00", "2026-05-31T08:00", "2026-06-08T07:00", "2026-06-08T08:00",
        ]  # fmt: skip
        with pytest.raises(WeeklyLimitError):
            slot_at(query, at("2026-06-01T07:00"))

    def test_is_named_after_the_day(self) -> None:
        query = limited_query(Quota(Period.WEEK, 1), Quota(Period.DAY, 1), busy=[visit("2026-06-01T07:00")])

        with pytest.raises(DailyLimitError):
            slot_at(query, at("2026-06-01T08:00"))


class TestLimits:
    @pytest.mark.parametrize(("per_day", "per_week"), [(0, None), (None, 0), (1441, None), (None, 10081), (-1, 5)])
    def test_that_cannot_be(self, per_day: int | None, per_week: int | None) -> None:
        with pytest.raises(InvalidValueError):
            VisitLimits(per_day, per_week)


class TestTimeOff:
    def test_rules_out_what_would_overlap_it_and_nothing_else(self) -> None:
        away = between("2026-06-01T07:30", "2026-06-01T08:00")
        query = replace(availability_query(place(same_hours_daily("09:00-11:00"), BERLIN), minutes=30), time_off=[away])

        assert offered_starts(query, between("2026-06-01T00:00", "2026-06-02T00:00")) == [
            "2026-06-01T07:00", "2026-06-01T08:00", "2026-06-01T08:30",
        ]  # fmt: skip
        with pytest.raises(OutsideHoursError):
            slot_at(query, at("2026-06-01T07:30"))

    def test_reads_as_it_was_written(self) -> None:
        days, some_hours = (
            DaysOff(date(2026, 7, 1), date(2026, 7, 14)),
            HoursOff(between("2026-06-01T07:30", "2026-06-01T08:00")),
        )

        assert parse_time_off(str(days)) == days
        assert parse_time_off(str(some_hours)) == some_hours

    def test_does_not_end_before_it_begins(self) -> None:
        with pytest.raises(InvalidValueError):
            DaysOff(date(2026, 7, 2), date(2026, 7, 1))


class TestHoursThatChange:
    def test_count_from_their_date_on(self) -> None:
        later = date(2026, 6, 3).toordinal()
        dated = DatedHours(((0, same_hours_daily("09:00-10:00")), (later, same_hours_daily("14:00-15:00"))))
        query = availability_query(replace(place(hours(), BERLIN), hours=dated), minutes=60)

        assert offered_starts(query, between("2026-06-02T00:00", "2026-06-04T00:00")) == [
            "2026-06-02T07:00",
            "2026-06-03T12:00",
        ]

    def test_let_the_night_before_end_as_it_said(self) -> None:
        later = date(2026, 6, 3).toordinal()
        dated = DatedHours(((0, same_hours_daily("22:00-02:00")), (later, same_hours_daily("09:00-10:00"))))
        query = availability_query(replace(place(hours(), "UTC"), hours=dated), minutes=60)

        assert offered_starts(query, between("2026-06-03T00:00", "2026-06-04T00:00")) == [
            "2026-06-03T00:00", "2026-06-03T01:00", "2026-06-03T09:00",
        ]  # fmt: skip

    def test_are_closed_on_a_holiday_unless_an_override_speaks_for_it(self) -> None:
        christmas = [date(2026, 12, day).toordinal() for day in (25, 26)]
        own = same_hours_daily("09:00-10:00", overrides=["2026-12-26 12:00-13:00"])
        dated = DatedHours(((0, own),), frozenset(christmas))
        query = availability_query(replace(place(hours(), "UTC"), hours=dated), minutes=60)

        assert offered_starts(query, between("2026-12-24T00:00", "2026-12-28T00:00")) == [
            "2026-12-24T09:00", "2026-12-26T12:00", "2026-12-27T09:00",
        ]  # fmt: skip
        assert [dated.closes(day) for day in christmas] == [True, False]

    def test_are_nowhere_before_the_first_date(self) -> None:
        dated = DatedHours(((date(2026, 6, 3).toordinal(), same_hours_daily("09:00-10:00")),))
        query = availability_query(replace(place(hours(), "UTC"), hours=dated), minutes=60)

        assert offered_starts(query, WEEK)[0] == "2026-06-03T09:00"


@settings(max_examples=100)
@given(limited_queries())
def test_what_is_offered_can_be_booked_and_nothing_else_can(
    drawn: tuple[AvailabilityQuery, TimeRange],
) -> None:
    query, window = drawn
    slots = offered(query, window)
    known = {slot.starts_at for slot in slots}

    assert [slot_at(query, slot.starts_at) for slot in slots] == slots
    for slot in offered(replace(query, quotas=(), time_off=()), window):
        try:
            assert slot_at(query, slot.starts_at).starts_at in known
        except SchedulingError:
            assert slot.starts_at not in known


@settings(max_examples=60)
@given(limited_queries(), st.integers(1, 499))
def test_a_window_split_in_two_gives_the_same_slots(drawn: tuple[AvailabilityQuery, TimeRange], split: int) -> None:
    query, window = drawn
    middle = min(window.starts_at + split * FIVE, window.ends_at - FIVE)
    halves = [TimeRange(window.starts_at, middle), TimeRange(middle, window.ends_at)]

    assert [slot for half in halves for slot in offered(query, half)] == offered(query, window)


@settings(max_examples=60)
@given(limited_queries(), st.data())
def test_another_visit_limit_or_absence_never_adds_a_start(
    drawn: tuple[AvailabilityQuery, TimeRange], data: st.DataObject
) -> None:
    query, window = drawn
    before = {slot.starts_at for slot in offered(query, window)}
    another = [each._replace(service_id=MASSAGE) for each in data.draw(claims(window.starts_at.date(), ROOM_1))]

    for narrower in (
        replace(query, busy=[*query.busy, *another]),
        replace(query, quotas=[*query.quotas, Quota(Period.DAY, 2)]),
        replace(query, time_off=[*query.time_off, *(each.during for each in another)]),
    ):
        assert {slot.starts_at for slot in offered(narrower, window)} <= before


@settings(max_examples=60)
@given(limited_queries())
def test_no_slot_lies_in_time_off_or_in_a_full_period(drawn: tuple[AvailabilityQuery, TimeRange]) -> None:
    query, window = drawn

    for slot in offered(query, window):
        during = TimeRange(slot.starts_at, slot.ends_at)
        assert not any(during.overlaps(away) for away in query.time_off)
        assert not any(full.begins <= slot.starts_at.timestamp() < full.ends for full in full_periods(query))
        for quota in query.quotas:
            period = period_around(query.zone, quota.period, slot.starts_at)
            visits = [
                each
                for each in query.busy
                if each.service_id is not None
                and quota.service_id in (None, each.service_id)
                and period.starts_at <= each.visit.starts_at < period.ends_at
            ]
            assert len(visits) < quota.most
