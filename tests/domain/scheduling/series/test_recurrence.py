"""Recurrence rules: occurrences, compared with another implementation, and refusals."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.kernel.errors import InvalidValueError
from domain.scheduling.series.occurrences import days as days_of
from domain.scheduling.series.occurrences import occurrences, series_rule
from domain.scheduling.series.recurrence import Frequency

NEW_YORK = ZoneInfo("America/New_York")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def offered_starts(rule: str, first: datetime, zone: str) -> list[str]:
    found = occurrences(series_rule(rule), first, zone)
    return [f"{each.starts_at:%Y-%m-%dT%H:%M}Z" for each in found]


def days(rule: str, first: datetime = datetime(2026, 6, 1, 9, tzinfo=UTC)) -> list[str]:
    return [f"{each.original:%m-%d}" for each in occurrences(series_rule(rule), first, "UTC")]


class TestWallTime:
    """EC-04: a series keeps local time. `make test` repeats this under another process zone."""

    def test_is_kept_across_the_clock_change(self) -> None:
        first = datetime(2025, 3, 4, 10, tzinfo=NEW_YORK)

        assert offered_starts("FREQ=WEEKLY;COUNT=4", first, "America/New_York") == [
            "2025-03-04T15:00Z",
            "2025-03-11T14:00Z",
            "2025-03-18T14:00Z",
            "2025-03-25T14:00Z",
        ]

    def test_is_kept_on_the_day_of_the_clock_change(self) -> None:
        first = datetime(2025, 3, 2, 15, tzinfo=ZoneInfo("America/Chicago"))

        assert offered_starts("FREQ=WEEKLY;COUNT=2", first, "America/Chicago") == [
            "2025-03-02T21:00Z",
            "2025-03-09T20:00Z",
        ]

    def test_moves_on_by_the_gap_if_the_clocks_skip_it(self) -> None:
        """TZ3: 02:30 does not exist in Berlin on 29 March 2026; that visit starts at 03:30."""
        first = datetime(2026, 3, 22, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))

        assert offered_starts("FREQ=WEEKLY;COUNT=3", first, "Europe/Berlin") == [
            "2026-03-22T01:30Z",
            "2026-03-29T01:30Z",
            "2026-04-05T00:30Z",
        ]

    def test_is_the_first_of_two_if_the_clocks_show_it_twice(self) -> None:
        first = datetime(2026, 10, 18, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))

        assert offered_starts("FREQ=WEEKLY;COUNT=3", first, "Europe/Berlin") == [
            "2026-10-18T00:30Z",
            "2026-10-25T00:30Z",
            "2026-11-01T01:30Z",
        ]

    def test_does_not_change_a_first_visit_that_was_given_with_its_offset(self) -> None:
        second_half_past_two = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

        assert offered_starts("FREQ=WEEKLY;COUNT=2", second_half_past_two, "Europe/Berlin")[0] == "2026-10-25T01:30Z"

    def test_of_the_first_visit_names_the_day(self) -> None:
        """23:30 in Berlin is the next morning in Kathmandu, and still Monday's visit in Berlin."""
        first = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)

        assert offered_starts("FREQ=WEEKLY;BYDAY=MO;COUNT=2", first, "Europe/Berlin") == [
            "2026-06-01T21:30Z",
            "2026-06-08T21:30Z",
        ]


class TestRules:
    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            ("FREQ=DAILY;COUNT=3", ["06-01", "06-02", "06-03"]),
            ("freq=daily;interval=10;until=20260621", ["06-01", "06-11", "06-21"]),
            ("RRULE:FREQ=WEEKLY;BYDAY=MO,TH;COUNT=3", ["06-01", "06-04", "06-08"]),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=MO;COUNT=4", ["06-01", "06-07", "06-15", "06-21"]),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU;COUNT=4", ["06-01", "06-14", "06-15", "06-28"]),
            ("FREQ=MONTHLY;BYDAY=1MO;COUNT=3", ["06-01", "07-06", "08-03"]),
            ("FREQ=MONTHLY;BYDAY=1MO,-1FR;COUNT=3", ["06-01", "06-26", "07-06"]),
            ("FREQ=MONTHLY;BYMONTHDAY=1,-1;COUNT=3", ["06-01", "06-30", "07-01"]),
            ("FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1;COUNT=2", ["06-01", "02-01"]),
            ("FREQ=YEARLY;COUNT=2", ["06-01", "06-01"]),
            ("FREQ=YEARLY;BYMONTH=6;BYDAY=1MO;COUNT=2", ["06-01", "06-07"]),
            ("FREQ=YEARLY;BYDAY=22MO;COUNT=1", ["06-01"]),
        ],
    )
    def test_name_days(self, rule: str, expected: list[str]) -> None:
        assert days(rule) == expected

    def test_skip_months_without_the_day(self) -> None:
        first = datetime(2026, 1, 31, 9, tzinfo=UTC)

        assert days("FREQ=MONTHLY;COUNT=3", first) == ["01-31", "03-31", "05-31"]

    @pytest.mark.parametrize(
        ("wait_until", "number"),
        [
            ("20260608", 2),
            ("20260608T090000", 2),
            ("20260608T085959", 1),
            ("20260608T070000Z", 2),
            ("20260608T065959Z", 1),
        ],
    )
    def test_end_with_their_last_day_or_instant(self, wait_until: str, number: int) -> None:
        first = datetime(2026, 6, 1, 7, tzinfo=UTC)

        assert len(offered_starts(f"FREQ=WEEKLY;UNTIL={wait_until}", first, "Europe/Berlin")) == number

    @given(
        frequency=st.sampled_from(list(Frequency)),
        interval=st.integers(1, 5),
        count=st.integers(1, 20),
        weekdays=st.lists(st.sampled_from(DAYS), max_size=3, unique=True),
        nth=st.sampled_from([0, 0, 1, 2, 5, -1, -2]),
        month_days=st.lists(st.sampled_from([1, 2, 15, 28, 29, 30, 31, -1, -2, -31]), max_size=2, unique=True),
        months=st.lists(st.integers(1, 12), max_size=3, unique=True),
        week_start=st.sampled_from(DAYS),
        first=st.dates(date(2023, 1, 1), date(2028, 12, 31)),
    )
    def test_agree_with_another_implementation(
        self,
        frequency: Frequency,
        interval: int,
        count: int,
        weekdays: list[str],
        nth: int,
        month_days: list[int],
        months: list[int],
        week_start: str,
        first: date,
    ) -> None:
        is_long = frequency in (Frequency.MONTHLY, Frequency.YEARLY)
        rule = f"FREQ={frequency};INTERVAL={interval};WKST={week_start}"
        if weekdays:
            rule += ";BYDAY=" + ",".join(f"{nth if nth and is_long else ''}{day}" for day in weekdays)
        if month_days and frequency is not Frequency.WEEKLY and (months or frequency is not Frequency.YEARLY):
            rule += ";BYMONTHDAY=" + ",".join(map(str, month_days))
        if months:
            rule += ";BYMONTH=" + ",".join(map(str, months))
        began = datetime.combine(first, datetime.min.time())

        ours = list(days_of(series_rule(f"{rule};COUNT={count}"), first))
        assume(ours)  # theirs looks for the next day up to the year 9999
        theirs = rrulestr(f"{rule};UNTIL={first + timedelta(days=730):%Y%m%d}", dtstart=began)

        assert ours == [each.date() for each in theirs]


class TestRefusals:
    """TZ1, EC-07: always bounded; the part that is wrong is named."""

    @pytest.mark.parametrize(
        ("rule", "field"),
        [
            ("", "rrule"),
            ("FREQ", "rrule"),
            ("FREQ=DAILY;COUNT=2;COUNT=3", "rrule"),
            ("FREQ=DAILY;COUNT=2;X=1", "rrule"),
            ("COUNT=2", "rrule.freq"),
            ("FREQ=SECONDLY;COUNT=2", "rrule.freq"),
            ("FREQ=HOURLY;COUNT=2", "rrule.freq"),
            ("FREQ=DAILY", "rrule.until"),
            ("FREQ=DAILY;UNTIL=", "rrule.until"),
            ("FREQ=DAILY;UNTIL=20260230", "rrule.until"),
            ("FREQ=DAILY;UNTIL=20260701T0900", "rrule.until"),
            ("FREQ=DAILY;UNTIL=20260701;COUNT=2", "rrule.until"),
            ("FREQ=DAILY;UNTIL=20260531", "rrule.until"),
            ("FREQ=DAILY;UNTIL=99991231", "rrule.until"),
            ("FREQ=DAILY;UNTIL=20280531", "rrule.until"),
            ("FREQ=DAILY;COUNT=1e9", "rrule.count"),
            ("FREQ=DAILY;COUNT=1000000000", "rrule.count"),
            ("FREQ=DAILY;COUNT=" + "9" * 400, "rrule.count"),
            ("FREQ=DAILY;COUNT=731", "rrule.count"),
            ("FREQ=DAILY;COUNT=0", "rrule.count"),
            ("FREQ=DAILY;COUNT=-1", "rrule.count"),
            ("FREQ=DAILY;COUNT=٣", "rrule.count"),
            ("FREQ=WEEKLY;COUNT=730", "rrule.count"),
            ("FREQ=DAILY;INTERVAL=0;COUNT=2", "rrule.interval"),
            ("FREQ=YEARLY;INTERVAL=100000000;COUNT=2", "rrule.interval"),
            ("FREQ=WEEKLY;BYDAY=1MO;COUNT=2", "rrule.byday"),
            ("FREQ=MONTHLY;BYDAY=6MO;COUNT=2", "rrule.byday"),
            ("FREQ=MONTHLY;BYDAY=0MO;COUNT=2", "rrule.byday"),
            ("FREQ=WEEKLY;BYDAY=XX;COUNT=2", "rrule.byday"),
            ("FREQ=WEEKLY;BYMONTHDAY=1;COUNT=2", "rrule.bymonthday"),
            ("FREQ=MONTHLY;BYMONTHDAY=32;COUNT=2", "rrule.bymonthday"),
            ("FREQ=YEARLY;BYMONTH=13;COUNT=2", "rrule.bymonth"),
            ("FREQ=YEARLY;BYMONTH=-1;COUNT=2", "rrule.bymonth"),
            ("FREQ=YEARLY;BYMONTHDAY=1;COUNT=2", "rrule.bymonth"),
            ("FREQ=WEEKLY;WKST=X;COUNT=2", "rrule.wkst"),
            ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1;COUNT=2", "rrule.bysetpos"),
            ("FREQ=DAILY;BYHOUR=9,10;COUNT=2", "rrule.byhour"),
            ("FREQ=WEEKLY;BYDAY=TU;COUNT=2", "starts_at"),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2", "starts_at"),
        ],
    )
    def test_name_the_part(self, rule: str, field: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            days(rule)

        assert refused.value.field == field

    @given(rule=st.text("FREQ=DAILYWKMONTHUCBS;0123456789,-+ \u0663", max_size=60))
    def test_are_the_only_errors_for_any_text(self, rule: str) -> None:
        with suppress(InvalidValueError):
            assert series_rule(rule).interval > 0

    def test_allow_the_longest_series(self) -> None:
        found = [
            days("FREQ=DAILY;COUNT=730"),
            days("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYMONTHDAY=1,2,3,-1,-2,-3;UNTIL=20280530"),
        ]

        assert len(found[0]) == 730
        assert 100 < len(found[1]) < 730
