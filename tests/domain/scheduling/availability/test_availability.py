"""Availability, for people: the cases that booking systems got wrong in public."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from domain.kernel.errors import InvalidValueError
from domain.practice.dated_hours import DatedHours
from domain.scheduling.availability.availability import offered, slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Candidate
from domain.scheduling.errors import (
    BeyondHorizonError,
    BufferOverlapError,
    ClinicianNotOfferingError,
    InThePastError,
    MinimumNoticeError,
    NotOnGridError,
    OutsideHoursError,
    ResourceUnavailableError,
    SchedulingError,
    TimeTakenError,
)
from tests.support.availability_builders import (
    HERE,
    LASER,
    ROOM_1,
    ROOM_2,
    THERE,
    at,
    availability_query,
    between,
    claim,
    hours,
    offered_starts,
    place,
    same_hours_daily,
)

NINE_TO_TEN = claim("2026-06-01T09:00", "2026-06-01T10:00")
MONDAY = between("2026-06-01T00:00", "2026-06-02T00:00")


class TestLocalHours:
    """EC-01."""

    @pytest.mark.parametrize(("day", "first"), [("2022-11-01", "2022-11-01T12:30"), ("2022-11-08", "2022-11-08T13:30")])
    def test_in_chicago_on_both_sides_of_the_change(self, day: str, first: str) -> None:
        query = availability_query(place(hours("tue 07:30-12:00"), "America/Chicago"))

        found = offered_starts(query, between(f"{day}T00:00", f"{day}T23:59"))

        assert (found[0], len(found)) == (first, 9)
        assert slot_at(query, at(first)).starts_at == at(first)

    @pytest.mark.parametrize(
        ("day", "first"),
        [
            ("2023-11-03", "2023-11-03T13:00"),
            ("2023-11-05", "2023-11-05T14:00"),
            ("2023-11-06", "2023-11-06T14:00"),
            ("2023-12-04", "2023-12-04T14:00"),
        ],
    )
    def test_in_new_york_around_the_change(self, day: str, first: str) -> None:
        query = availability_query(place(same_hours_daily("09:00-17:00"), "America/New_York"))

        assert offered_starts(query, between(f"{day}T05:00", f"{day}T23:00"))[0] == first
        assert slot_at(query, at(first)).starts_at == at(first)

    def test_when_the_minimum_notice_ends_on_the_day_of_the_change(self) -> None:
        query = availability_query(
            place(same_hours_daily("09:00-17:00"), "America/New_York"), notice=168 * 60, now="2023-10-29T16:00"
        )

        found = offered_starts(query, between("2023-10-29T00:00", "2023-11-07T00:00"))

        assert found[0] == "2023-11-05T16:00"
        assert "2023-11-06T14:00" in found
        assert "2023-11-06T13:30" not in found
        with pytest.raises(MinimumNoticeError):
            slot_at(query, at("2023-11-05T15:30"))


class TestDaylightSaving:
    """EC-02, and zones that change by half an hour, at midnight or not at all."""

    NEW_YORK = availability_query(place(same_hours_daily("01:00-05:00"), "America/New_York"))

    def test_the_gap_leaves_six_starts(self) -> None:
        found = offered(self.NEW_YORK, between("2026-03-08T05:00", "2026-03-09T05:00"))

        assert [f"{slot.starts_at:%H:%M}" for slot in found] == ["06:00", "06:30", "07:00", "07:30", "08:00", "08:30"]
        assert all(slot_at(self.NEW_YORK, slot.starts_at) == slot for slot in found)

    def test_the_overlap_gives_ten_starts(self) -> None:
        found = offered(self.NEW_YORK, between("2026-11-01T04:00", "2026-11-02T05:00"))

        assert [slot.starts_at for slot in found] == [
            at("2026-11-01T05:00") + timedelta(minutes=30 * k) for k in range(10)
        ]
        assert all(slot_at(self.NEW_YORK, slot.starts_at) == slot for slot in found)

    def test_an_opening_inside_the_gap_opens_when_the_clocks_have_jumped(self) -> None:
        query = availability_query(place(same_hours_daily("02:30-04:00"), "America/New_York"))

        assert offered_starts(query, between("2026-03-08T00:00", "2026-03-09T00:00")) == [
            "2026-03-08T07:00",
            "2026-03-08T07:30",
        ]

    def test_a_closing_inside_the_gap_closes_when_the_clocks_jump(self) -> None:
        query = availability_query(place(same_hours_daily("01:00-02:30"), "America/New_York"))

        assert offered_starts(query, between("2026-03-08T00:00", "2026-03-09T00:00")) == [
            "2026-03-08T06:00",
            "2026-03-08T06:30",
        ]

    def test_hours_that_lie_inside_the_gap_do_not_happen(self) -> None:
        query = availability_query(place(same_hours_daily("02:10-02:50"), "America/New_York"))

        assert offered_starts(query, between("2026-03-08T00:00", "2026-03-09T00:00")) == []

    def test_hours_that_the_clocks_show_twice_happen_once_the_first_time(self) -> None:
        query = availability_query(place(same_hours_daily("01:00-02:00"), "Europe/Berlin"), minutes=60)
        twice = availability_query(place(same_hours_daily("02:00-02:30"), "Europe/Berlin"))

        assert offered_starts(query, between("2026-10-25T00:00", "2026-10-26T00:00")) == []
        assert offered_starts(query, between("2026-10-24T12:00", "2026-10-25T12:00")) == ["2026-10-24T23:00"]
        assert offered_starts(twice, between("2026-10-24T12:00", "2026-10-25T12:00")) == ["2026-10-25T00:00"]

    def test_lord_howe_changes_by_half_an_hour(self) -> None:
        query = availability_query(place(same_hours_daily("01:30-03:00"), "Australia/Lord_Howe"))

        forward = offered_starts(query, between("2026-10-03T12:00", "2026-10-04T12:00"))
        back = offered_starts(query, between("2026-04-04T12:00", "2026-04-05T12:00"))

        assert forward == ["2026-10-03T15:00", "2026-10-03T15:30"]
        assert back == ["2026-04-04T14:30", "2026-04-04T15:00", "2026-04-04T15:30", "2026-04-04T16:00"]

    def test_kathmandu_is_a_quarter_of_an_hour_apart(self) -> None:
        query = availability_query(place(hours("mon 09:00-10:00"), "Asia/Kathmandu"))

        assert offered_starts(query, MONDAY) == ["2026-06-01T03:15", "2026-06-01T03:45"]

    def test_midnight_itself_may_not_exist(self) -> None:
        # Cairo jumps from 24:00 on Thursday to 01:00 on Friday 2026-04-24.
        query = availability_query(place(hours("thu 22:00-24:00", "fri 00:00-02:00"), "Africa/Cairo"), minutes=60)

        found = offered_starts(query, between("2026-04-23T12:00", "2026-04-24T12:00"))

        assert found == ["2026-04-23T20:00", "2026-04-23T21:00", "2026-04-23T22:00"]

    @pytest.mark.parametrize(("evening", "hours_open"), [("2026-03-07", 7), ("2026-10-31", 9), ("2026-06-05", 8)])
    def test_a_night_shift_is_as_long_as_the_night(self, evening: str, hours_open: int) -> None:
        query = availability_query(place(same_hours_daily("22:00-06:00"), "America/New_York"), minutes=60)
        noon = at(f"{evening}T17:00")

        found = offered(query, between(noon.isoformat(), (noon + timedelta(days=1)).isoformat()))

        assert len(found) == hours_open
        assert found[-1].ends_at - found[0].starts_at == timedelta(hours=hours_open)


class TestBuffers:
    """EC-11."""

    def test_a_visits_buffer_keeps_the_next_one_away_in_every_window(self) -> None:
        query = availability_query(
            place(hours("mon 09:00-17:00")), minutes=15, step=15, after=30,
            busy=[claim("2026-06-01T09:00", "2026-06-01T09:15", after=30)],
        )  # fmt: skip

        assert offered_starts(query, between("2026-06-01T09:30", "2026-06-01T12:00"))[0] == "2026-06-01T09:45"
        with pytest.raises(BufferOverlapError) as refused:
            slot_at(query, at("2026-06-01T09:30"))
        assert refused.value.code == "buffer"

    def test_between_two_starts_the_buffer_is_named_before_the_grid(self) -> None:
        query = availability_query(
            place(hours("mon 09:00-17:00")), minutes=15, after=30,
            busy=[claim("2026-06-01T09:00", "2026-06-01T09:15", after=30)],
        )  # fmt: skip

        with pytest.raises(BufferOverlapError):
            slot_at(query, at("2026-06-01T09:30"))

    def test_buffers_need_not_fit_inside_the_hours(self) -> None:
        query = availability_query(
            place(hours("mon 09:00-16:00")), minutes=60, step=5, before=15,
            busy=[claim("2026-06-01T12:50", "2026-06-01T13:50")],
        )  # fmt: skip

        found = offered_starts(query, between("2026-06-01T12:50", "2026-06-01T23:00"))

        assert (found[0], found[-1]) == ("2026-06-01T14:05", "2026-06-01T15:00")
        with pytest.raises(BufferOverlapError):
            slot_at(query, at("2026-06-01T14:00"))
        with pytest.raises(OutsideHoursError):
            slot_at(query, at("2026-06-01T15:05"))

    def test_without_a_step_the_grid_is_duration_and_buffers(self) -> None:
        query = availability_query(place(hours("mon 10:00-11:00")), minutes=20, after=5)

        assert offered_starts(query, MONDAY) == ["2026-06-01T10:00", "2026-06-01T10:25"]

    def test_visits_that_touch_are_apart(self) -> None:
        query = availability_query(place(hours("mon 08:00-11:00")), minutes=60, busy=[NINE_TO_TEN])

        assert offered_starts(query, MONDAY) == ["2026-06-01T08:00", "2026-06-01T10:00"]


class TestGrid:
    def test_is_laid_at_each_opening(self) -> None:
        query = availability_query(place(hours("mon 09:00-10:00", "mon 13:20-14:20")), minutes=25)

        assert offered_starts(query, MONDAY) == [f"2026-06-01T{t}" for t in ("09:00", "09:25", "13:20", "13:45")]

    def test_runs_on_over_ranges_of_one_day_that_touch(self) -> None:
        query = availability_query(place(hours("mon 09:00-10:00", "mon 10:00-11:00")), minutes=40)

        assert offered_starts(query, MONDAY) == ["2026-06-01T09:00", "2026-06-01T09:40", "2026-06-01T10:20"]

    def test_starts_anew_with_the_day_and_lets_a_visit_cross_midnight(self) -> None:
        query = availability_query(place(hours("mon 23:00-24:00", "tue 00:00-01:00")), minutes=40)

        found = offered_starts(query, between("2026-06-01T12:00", "2026-06-02T12:00"))

        assert found == ["2026-06-01T23:00", "2026-06-01T23:40", "2026-06-02T00:00"]

    def test_is_the_same_for_a_day_whatever_is_asked_around_it(self) -> None:
        query = availability_query(place(same_hours_daily("00:00-24:00"), "Europe/Berlin"), minutes=50)
        tuesday = between("2026-06-01T22:00", "2026-06-02T22:00")

        week = offered_starts(query, between("2026-05-25T00:00", "2026-06-05T00:00"))

        assert offered_starts(query, tuesday) == [s for s in week if "2026-06-01T22:00" <= s < "2026-06-02T22:00"]

    def test_reaches_from_the_evening_into_a_window_that_starts_at_night(self) -> None:
        query = availability_query(place(hours("sun 22:00-03:00")), minutes=50)

        assert offered_starts(query, MONDAY) == ["2026-06-01T00:30", "2026-06-01T01:20", "2026-06-01T02:10"]


class TestOverrides:
    @pytest.mark.parametrize(
        ("override", "expected"),
        [
            ("2026-06-01 closed", []),
            ("2026-06-01 20:00-21:00", ["2026-06-01T20:00", "2026-06-01T20:30"]),
            ("2026-05-31 20:00-21:00", ["2026-06-01T09:00", "2026-06-01T09:30"]),
        ],
    )
    def test_an_override_is_all_there_is_on_its_date(self, override: str, expected: list[str]) -> None:
        assert (
            offered_starts(availability_query(place(hours("mon 09:00-10:00", overrides=[override]))), MONDAY)
            == expected
        )

    def test_closing_a_date_closes_its_morning_and_the_tail_of_its_night(self) -> None:
        nights = same_hours_daily("22:00-02:00", overrides=["2026-12-25 closed"])

        found = offered_starts(
            availability_query(place(nights), minutes=60), between("2026-12-24T12:00", "2026-12-27T12:00")
        )

        assert found == [
            "2026-12-24T22:00", "2026-12-24T23:00",
            "2026-12-26T22:00", "2026-12-26T23:00", "2026-12-27T00:00", "2026-12-27T01:00",
        ]  # fmt: skip

    def test_an_overriding_night_runs_into_the_next_morning(self) -> None:
        sunday_night = hours("mon 09:00-10:00", overrides=["2026-05-31 23:00-01:00"])

        found = offered_starts(
            availability_query(place(sunday_night), minutes=60), between("2026-05-31T12:00", "2026-06-01T12:00")
        )

        assert found == ["2026-05-31T23:00", "2026-06-01T00:00", "2026-06-01T09:00"]

    def test_a_night_that_runs_into_weekly_hours_is_one_opening(self) -> None:
        into_morning = hours("mon 01:00-01:30", overrides=["2026-05-31 23:00-03:00"])

        found = offered_starts(
            availability_query(place(into_morning), minutes=60), between("2026-05-31T12:00", "2026-06-01T12:00")
        )

        assert found == ["2026-05-31T23:00", "2026-06-01T00:00", "2026-06-01T01:00", "2026-06-01T02:00"]


class TestNoticeAndHorizon:
    HOURS = place(hours("mon 09:00-17:00", "tue 09:00-17:00"), "Europe/Berlin")

    def test_the_minimum_notice_is_met_to_the_second(self) -> None:
        query = availability_query(self.HOURS, notice=60, now="2026-06-01T08:00")

        assert offered_starts(query, MONDAY)[0] == "2026-06-01T09:00"
        with pytest.raises(MinimumNoticeError):
            slot_at(availability_query(self.HOURS, notice=60, now="2026-06-01T08:00:01"), at("2026-06-01T09:00"))

    def test_what_has_begun_is_past(self) -> None:
        query = availability_query(self.HOURS, now="2026-06-01T09:00:00.000001")

        assert offered_starts(query, MONDAY)[0] == "2026-06-01T09:30"
        with pytest.raises(InThePastError):
            slot_at(query, at("2026-06-01T09:00"))

    def test_the_horizon_ends_with_a_civil_date_at_the_location(self) -> None:
        query = availability_query(self.HOURS, horizon=1, now="2026-05-30T23:30")

        found = offered_starts(query, between("2026-05-30T00:00", "2026-06-03T00:00"))

        # In Berlin it is already Sunday 31 May, so Monday is the last date.
        assert (found[0], found[-1]) == ("2026-06-01T07:00", "2026-06-01T14:30")
        with pytest.raises(BeyondHorizonError):
            slot_at(query, at("2026-06-02T07:00"))


class TestResources:
    def question(self, *candidates: Candidate, requires: tuple[str, ...] = ("room",)) -> AvailabilityQuery:
        return availability_query(place(hours("mon 09:00-12:00"), candidates=candidates), minutes=60, requires=requires)

    def rooms_of(self, query: AvailabilityQuery) -> list[tuple[UUID, ...]]:
        return [slot.resource_ids for slot in offered(query, MONDAY)]

    def test_the_first_free_one_is_taken(self) -> None:
        at_ten = claim("2026-06-01T10:00", "2026-06-01T11:00")

        query = self.question(Candidate(ROOM_1, "room", [at_ten]), Candidate(ROOM_2, "room"))

        assert self.rooms_of(query) == [(ROOM_1,), (ROOM_2,), (ROOM_1,)]

    def test_a_full_house_offers_nothing_and_names_only_the_kind(self) -> None:
        at_ten = claim("2026-06-01T10:30", "2026-06-01T10:45")
        query = self.question(Candidate(ROOM_1, "room", [at_ten]), Candidate(LASER, "device"))

        assert self.rooms_of(query) == [(ROOM_1,), (ROOM_1,)]
        with pytest.raises(ResourceUnavailableError) as refused:
            slot_at(query, at("2026-06-01T10:00"))
        assert (refused.value.code, refused.value.kind) == ("resource_unavailable", "room")
        assert str(refused.value) == "no room is free at this time"

    def test_a_kind_that_is_required_twice_is_taken_twice(self) -> None:
        at_ten = claim("2026-06-01T10:00", "2026-06-01T11:00")
        rooms = Candidate(ROOM_1, "room"), Candidate(ROOM_2, "room", [at_ten]), Candidate(LASER, "device")

        query = self.question(*rooms, requires=("device", "room", "room"))

        assert self.rooms_of(query) == [(LASER, ROOM_1, ROOM_2)] * 2

    def test_a_service_without_requirements_takes_none(self) -> None:
        assert self.rooms_of(self.question(Candidate(ROOM_1, "room"), requires=())) == [()] * 3

    def test_a_named_one_is_used_and_the_rest_is_chosen(self) -> None:
        query = self.question(
            Candidate(ROOM_1, "room"),
            Candidate(ROOM_2, "room"),
            Candidate(LASER, "device"),
            requires=("device", "room"),
        )

        assert slot_at(query, at("2026-06-01T09:00"), [ROOM_2]).resource_ids == (ROOM_2, LASER)

    def test_a_named_one_that_is_busy_or_elsewhere_is_refused(self) -> None:
        at_nine = claim("2026-06-01T09:30", "2026-06-01T09:45")
        query = self.question(Candidate(ROOM_1, "room", [at_nine]), Candidate(ROOM_2, "room"))

        for room in (ROOM_1, UUID(int=99)):
            with pytest.raises(ResourceUnavailableError):
                slot_at(query, at("2026-06-01T09:00"), [room])

    def test_buffers_count_for_rooms_too(self) -> None:
        before_nine = claim("2026-06-01T08:00", "2026-06-01T08:50")
        query = availability_query(
            place(hours("mon 09:00-12:00"), candidates=[Candidate(ROOM_1, "room", [before_nine])]),
            minutes=60, step=30, before=15, requires=("room",),
        )  # fmt: skip

        assert offered_starts(query, MONDAY)[0] == "2026-06-01T09:30"


class TestSeveralLocations:
    def test_a_slot_says_where_it_is(self) -> None:
        query = availability_query(
            place(hours("mon 09:00-10:00"), "Europe/Berlin"),
            place(hours("mon 09:00-10:00"), "Europe/London", location_id=THERE),
            minutes=60,
        )

        found = [(slot.starts_at, slot.location_id) for slot in offered(query, MONDAY)]

        assert found == [(at("2026-06-01T07:00"), HERE), (at("2026-06-01T08:00"), THERE)]

    def test_a_start_at_two_of_them_belongs_to_the_preferred_one(self) -> None:
        query = availability_query(
            place(hours("mon 09:00-11:00")), place(hours("mon 08:00-10:00"), location_id=THERE), minutes=60
        )

        found = [(f"{slot.starts_at:%H}", slot.location_id) for slot in offered(query, MONDAY)]

        assert found == [("08", THERE), ("09", HERE), ("10", HERE)]
        assert slot_at(query, at("2026-06-01T09:00")).location_id == HERE


class TestRefusals:
    QUESTION = availability_query(place(hours("mon 09:00-12:00")), minutes=60, step=30, busy=[NINE_TO_TEN])

    @pytest.mark.parametrize(
        ("starts_at", "error", "code"),
        [
            ("2026-06-01T09:30", TimeTakenError, "time_taken"),
            ("2026-06-01T08:30", OutsideHoursError, "outside_hours"),
            ("2026-06-01T11:30", OutsideHoursError, "outside_hours"),
            ("2026-06-01T10:10", NotOnGridError, "not_on_grid"),
            ("2026-06-01T10:00:30", NotOnGridError, "not_on_grid"),
            ("2026-06-01T10:00:00.000001", NotOnGridError, "not_on_grid"),
            ("2019-06-03T10:00", InThePastError, "in_the_past"),
            ("2046-06-04T10:00", BeyondHorizonError, "beyond_horizon"),
            ("9999-12-31T23:59", BeyondHorizonError, "beyond_horizon"),
            ("0001-01-01T00:00", InThePastError, "in_the_past"),
        ],
    )
    def test_have_stable_codes(self, starts_at: str, error: type[SchedulingError], code: str) -> None:
        with pytest.raises(SchedulingError) as refused:
            slot_at(self.QUESTION, at(starts_at))

        assert (type(refused.value), refused.value.code) == (error, code)

    def test_a_clinician_who_does_not_offer_the_service_has_no_slots(self) -> None:
        query = availability_query(place(hours("mon 09:00-12:00")), is_offering=False)

        assert offered(query, MONDAY) == []
        with pytest.raises(ClinicianNotOfferingError):
            slot_at(query, at("2026-06-01T09:00"))

    def test_a_clinician_without_hours_is_never_there(self) -> None:
        with pytest.raises(OutsideHoursError):
            slot_at(availability_query(), at("2026-06-01T09:00"))

    @pytest.mark.parametrize(
        ("starts_at", "obstacles"),
        [
            ("2026-06-01T08:30", "outside the clinician's hours"),
            ("2026-06-01T11:00", "off at this time"),
            ("2026-06-01T08:00", "outside the clinician's hours"),
            ("2026-06-08T09:00", "closed on this public holiday"),
            ("2026-06-08T07:00", "closed on this public holiday"),
            ("2026-06-09T09:00", "outside the clinician's hours"),
        ],
    )
    def test_tell_days_off_and_public_holidays_from_hours(self, starts_at: str, obstacles: str) -> None:
        closed = DatedHours(((0, hours("mon 09:00-12:00")),), frozenset([date(2026, 6, 8).toordinal()]))
        query = availability_query(replace(place(hours()), hours=closed), minutes=60, busy=[NINE_TO_TEN])
        away = [between("2026-06-01T08:00", "2026-06-01T08:30"), between("2026-06-01T11:30", "2026-06-02T00:00")]
        query = replace(query, time_off=away)

        with pytest.raises(OutsideHoursError, match=obstacles):
            slot_at(query, at(starts_at))

    def test_a_time_without_an_offset_is_no_instant(self) -> None:
        naive = datetime.fromisoformat("2026-06-01T09:00")

        with pytest.raises(InvalidValueError):
            slot_at(self.QUESTION, naive)
        with pytest.raises(InvalidValueError):
            AvailabilityQuery(now=naive, rules=self.QUESTION.rules, places=())
