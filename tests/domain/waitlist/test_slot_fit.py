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
            if preferences.holds(TimeRange(slot.starts_at, slot.ends_at))
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

    def test_has_at_most_twenty_windows(self) -> None:
        with pytest.raises(InvalidValueError):
            WaitlistPreferences(None, (FREED,) * 21)
