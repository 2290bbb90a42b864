"""Matching freed time with an entry: the first visit in a window, in time, not offered before."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.availability import offered
from domain.scheduling.availability.query import Slot
from domain.waitlist.preferences import WaitlistPreferences
from domain.waitlist.slot_fit import Reason, fitting
from tests.support.availability_builders import (
    CLINICIAN,
    at,
    availability_query,
    between,
    claim,
    place,
    same_hours_daily,
)

FREED = between("2026-06-01T09:00", "2026-06-01T10:00")
DAY = place(same_hours_daily("08:00-18:00"))
ANY = WaitlistPreferences(None)


def first_fit(preferences: WaitlistPreferences = ANY, **query: object) -> object:
    """What a freed hour is for somebody; a start, or the code of a reason."""
    result = fitting(availability_query(DAY, **query), FREED, preferences, ())  # type: ignore[arg-type]
    return f"{result.starts_at:%H:%M}" if isinstance(result, Slot) else result


class TestFreedTime:
    def test_fits_an_entry_without_preferences(self) -> None:
        assert first_fit() == "09:00"

    def test_fits_at_the_first_start_that_is_free(self) -> None:
        assert first_fit(step=15, busy=[claim("2026-06-01T08:00", "2026-06-01T09:20")]) == "09:30"

    def test_fits_at_the_first_start_that_lies_in_a_window_as_a_whole(self) -> None:
        narrow = WaitlistPreferences(None, (between("2026-06-01T09:15", "2026-06-01T10:00"),))
        too_narrow = WaitlistPreferences(None, (between("2026-06-01T09:15", "2026-06-01T09:40"),))

        assert first_fit(narrow, step=15) == "09:15"
        assert first_fit(too_narrow, step=15) == Reason.OUTSIDE_WINDOWS

    @pytest.mark.parametrize(
        ("weekly", "start"),
        [
            (["mon 09:00-10:00"], "09:00"),
            (["mon 09:15-18:00"], "09:15"),
            (["mon 09:15-09:40"], Reason.OUTSIDE_WINDOWS),
            (["tue 09:00-18:00"], Reason.OUTSIDE_WINDOWS),
            (["mon 09:15-09:30", "mon 09:30-09:45"], "09:15"),
            (["sun 22:00-09:45"], "09:00"),
            (["mon 09:00-18:00 every 2 from 2026-05-25"], Reason.OUTSIDE_WINDOWS),
            (["mon 09:00-18:00 every 2 from 2026-05-18"], "09:00"),
        ],
    )
    def test_fits_at_the_first_start_in_weekly_times(self, weekly: list[str], start: str) -> None:
        assert first_fit(WaitlistPreferences(None, weekly=tuple(weekly)), step=15) == start

    def test_fits_in_a_window_and_in_weekly_times_at_once(self) -> None:
        until_half_past = (between("2026-06-01T08:00", "2026-06-01T09:45"),)

        assert first_fit(WaitlistPreferences(None, until_half_past, weekly=("mon 09:15-12:00",)), step=15) == "09:15"
        assert first_fit(WaitlistPreferences(None, until_half_past, weekly=("mon 09:30-12:00",)), step=15) == (
            Reason.OUTSIDE_WINDOWS
        )

    @pytest.mark.parametrize(
        ("day", "zone", "first"),
        [
            # 07:00 in Berlin is 05:00 UTC once the clocks have changed.
            ("2026-03-22", "Europe/Berlin", "06:00"),
            ("2026-03-29", "Europe/Berlin", "05:00"),
            ("2026-10-25", "Europe/Berlin", "06:00"),
            ("2026-03-29", "Asia/Kathmandu", "01:15"),
            ("2026-03-29", "America/New_York", "11:00"),
        ],
    )
    def test_takes_weekly_times_in_the_zone_of_the_location(self, day: str, zone: str, first: str) -> None:
        query = availability_query(place(same_hours_daily("00:00-24:00"), zone), step=15, now=f"{day}T00:00")
        freed = between(f"{day}T00:00", f"{day}T23:00")

        slot = fitting(query, freed, WaitlistPreferences(None, weekly=("sun 07:00-08:00",)), ())

        assert isinstance(slot, Slot)
        assert f"{slot.starts_at:%H:%M}" == first

    def test_fits_entries_with_enough_notice(self) -> None:
        assert first_fit(WaitlistPreferences(None, (), 60), now="2026-06-01T08:00") == "09:00"
        assert first_fit(WaitlistPreferences(None, (), 61), now="2026-06-01T08:00") == "09:30"
        assert first_fit(WaitlistPreferences(None, (), 120), now="2026-06-01T08:00") == Reason.TOO_LITTLE_NOTICE

    def test_fits_nobody_a_second_time(self) -> None:
        before = [at("2026-06-01T09:30")]

        assert fitting(availability_query(DAY), FREED, ANY, before) == Reason.OFFERED_BEFORE
        assert isinstance(fitting(availability_query(DAY), FREED, ANY, [at("2026-06-01T10:00")]), Slot)

    def test_says_why_no_visit_could_be_booked(self) -> None:
        assert first_fit(busy=[claim("2026-06-01T08:00", "2026-06-01T10:30")]) == "time_taken"
        assert first_fit(minutes=600) == "outside_hours"
        assert first_fit(requires=("room",)) == "resource_unavailable"
        assert first_fit(is_offering=False) == "clinician_not_offering"
        assert first_fit(notice=180, now="2026-06-01T08:00") == "minimum_notice"

    @given(
        step=st.sampled_from([5, 10, 15, 30]),
        minutes=st.sampled_from([10, 30, 60]),
        window=st.tuples(st.integers(0, 23), st.integers(1, 12)),
        notice=st.integers(0, 180),
    )
    def test_is_offered_only_as_it_could_be_booked_and_was_wished(
        self, step: int, minutes: int, window: tuple[int, int], notice: int
    ) -> None:
        opens = at("2026-06-01T08:00") + timedelta(minutes=10 * window[0])
        preferences = WaitlistPreferences(None, (TimeRange(opens, opens + timedelta(minutes=10 * window[1])),), notice)
        query = availability_query(DAY, step=step, minutes=minutes, now="2026-06-01T08:00")

        result = fitting(query, FREED, preferences, ())

        fits = [
            slot
            for slot in offered(query, FREED)
            if preferences.holds(TimeRange(slot.starts_at, slot.ends_at), "UTC")
            and preferences.is_in_time(TimeRange(slot.starts_at, slot.ends_at), query.now)
        ]
        assert result == fits[0] if fits else isinstance(result, str)


class TestPreferences:
    def test_is_with_one_clinician_or_with_anyone(self) -> None:
        assert ANY.is_with(CLINICIAN)
        assert WaitlistPreferences(CLINICIAN).is_with(CLINICIAN)
        assert not WaitlistPreferences(UUID(int=99)).is_with(CLINICIAN)

    @pytest.mark.parametrize("notice", [-1, 43_201])
    def test_has_bounds(self, notice: int) -> None:
        with pytest.raises(InvalidValueError):
            WaitlistPreferences(None, (), notice)

    @pytest.mark.parametrize(
        "weekly",
        [["mon"], ["mon 09:00-12:00", "mon 11:00-13:00"], [f"mon 09:{minute:02}-09:59" for minute in range(51)]],
    )
    def test_refuses_weekly_times_that_no_hours_have(self, weekly: list[str]) -> None:
        with pytest.raises(InvalidValueError) as refused:
            WaitlistPreferences(None, weekly=tuple(weekly))

        assert refused.value.field == "weekly"

    def test_has_at_most_twenty_windows(self) -> None:
        with pytest.raises(InvalidValueError):
            WaitlistPreferences(None, (FREED,) * 21)
