"""Opening hours as text: read, refused, written back."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import InvalidValueError
from domain.practice.weekly_hours import WEEKDAYS, DayRange, OpeningHours
from domain.scheduling.series.recurrence import Recurrence
from tests.support.availability_builders import hours
from tests.support.availability_strategies import DATES, opening_hours


class TestParse:
    def test_puts_ranges_and_dates_in_order(self) -> None:
        read = hours(
            "tue 13:00-17:00", "mon 22:00-06:00", "tue 09:00-12:00",
            overrides=["2026-12-25 closed", "2026-12-24 14:00-16:00", "2026-12-24 09:00-12:00"],
        )  # fmt: skip

        assert read.weekly_text() == ["mon 22:00-06:00", "tue 09:00-12:00", "tue 13:00-17:00"]
        assert read.overrides_text() == ["2026-12-24 09:00-12:00", "2026-12-24 14:00-16:00", "2026-12-25 closed"]

    @pytest.mark.parametrize(
        ("text", "minutes", "written"),
        [
            ("09:00-17:00", (540, 1020), "09:00-17:00"),
            ("00:00-24:00", (0, 1440), "00:00-24:00"),
            ("22:00-24:00", (1320, 1440), "22:00-24:00"),
            ("22:00-00:00", (1320, 1440), "22:00-24:00"),
            ("22:00-06:00", (1320, 1800), "22:00-06:00"),
            ("12:00-11:59", (720, 2159), "12:00-11:59"),
        ],
    )
    def test_reads_ranges(self, text: str, minutes: tuple[int, int], written: str) -> None:
        read = DayRange.parse("weekly", text)

        assert (tuple(read), str(read)) == (minutes, written)

    def test_reads_ranges_that_alternate(self) -> None:
        read = hours("thu 14:00-19:00 every 2 from 2026-09-10", "thu 09:00-20:00 every 2 from 2026-09-03")

        assert read.weekly_text() == [
            "thu 09:00-20:00 every 2 from 2026-09-03",
            "thu 14:00-19:00 every 2 from 2026-09-10",
        ]

    @pytest.mark.parametrize(
        "weekly",
        [
            ["mon 09:00-12:00 every 2"], ["mon 09:00-12:00 every 1 from 2026-09-07"], ["mon 09:00-12:00 every 53 from 2026-09-07"],
            ["mon 09:00-12:00 every two from 2026-09-07"], ["mon 09:00-12:00 every 2 from 2026-02-30"],
            ["mon 09:00-12:00 every 2 from 1969-12-29"], ["mon 09:00-12:00 every 2 from 2026-09-07 "], ["mon every 2 from 2026-09-07"],
            ["mon 09:00-12:00", "mon 11:00-13:00 every 2 from 2026-09-07"],
            ["mon 09:00-12:00 every 2 from 2026-09-07", "mon 11:00-13:00 every 2 from 2026-09-21"],
            ["mon 09:00-12:00 every 2 from 2026-09-07", "mon 11:00-13:00 every 3 from 2026-09-14"],
            ["sun 22:00-06:00 every 2 from 2026-09-07", "mon 05:00-09:00 every 2 from 2026-09-14"],
            ["mon 09:00-09:00"], ["mon 24:00-25:00"], ["mon 09:00-24:01"], ["mon 9:00-17:00"], ["mon 09:00-17:60"], ["mon 09:00"],
            ["montag 09:00-17:00"], ["mon"], [""], ["mon 00:00-00:00"], ["mon ٠٩:00-17:00"], ["mon 09:00-17:00\n"],
            ["mon 09:00-12:00", "mon 11:59-13:00"],
            ["mon 09:00-12:00", "mon 09:00-12:00"],
            ["mon 22:00-06:00", "tue 05:59-07:00"],
            ["sun 22:00-06:00", "mon 05:00-09:00"],
            ["mon 09:00-17:00", "mon 22:00-21:00", "tue 09:00-10:00"],
        ],
    )  # fmt: skip
    def test_refuses_the_week(self, weekly: list[str]) -> None:
        with pytest.raises(InvalidValueError) as refused:
            OpeningHours.parse(weekly)

        assert refused.value.field == "weekly"

    @pytest.mark.parametrize(
        "overrides",
        [
            ["2026-12-24"], ["2026-02-30 closed"], ["24.12.2026 closed"], ["2026-12-24 shut"], ["1969-12-31 closed"], ["20261224 closed"],
            ["9999-12-31 closed"], ["2026-12-24 closed", "2026-12-24 09:00-12:00"], ["2026-12-24 09:00-12:00", "2026-12-24 closed"],
            ["2026-12-24 09:00-12:00", "2026-12-24 11:00-13:00"],
        ],
    )  # fmt: skip
    def test_refuses_overrides(self, overrides: list[str]) -> None:
        with pytest.raises(InvalidValueError) as refused:
            OpeningHours.parse([], overrides)

        assert refused.value.field == "overrides"

    def test_refuses_more_overrides_than_anyone_needs(self) -> None:
        with pytest.raises(InvalidValueError):
            OpeningHours.parse(
                [],
                [
                    f"{year}-{month:02}-{day:02} closed"
                    for year in range(1970, 1979)
                    for month in range(1, 13)
                    for day in range(1, 29)
                ],
            )

    def test_lets_ranges_touch(self) -> None:
        assert hours("mon 09:00-12:00", "mon 12:00-13:00", "sun 22:00-09:00").weekly_text()

    def test_lets_ranges_overlap_that_never_meet(self) -> None:
        assert hours(
            "mon 09:00-12:00 every 2 from 2026-09-07", "mon 09:00-12:00 every 4 from 2026-09-14",
            "sun 22:00-06:00 every 2 from 2026-09-07", "mon 05:00-09:00 every 2 from 2026-09-07",
        ).weekly_text()  # fmt: skip

    @given(opening_hours(DATES[0]))
    def test_reads_what_it_wrote(self, read: OpeningHours) -> None:
        assert OpeningHours.parse(read.weekly_text(), read.overrides_text()) == read


class TestAlternatingHours:
    EVERY_OTHER = hours("mon 09:00-12:00 every 2 from 2026-09-09", "mon 12:00-13:00", "tue 09:00-12:00")

    def on(self, day: str) -> list[str]:
        return [str(each) for each in self.EVERY_OTHER.on(date.fromisoformat(day).toordinal())]

    def test_apply_in_every_other_week_and_not_before_their_date(self) -> None:
        # The week of Wednesday 9 September counts, but its Monday is before the date.
        assert [self.on(day) for day in ("2026-08-24", "2026-09-07", "2026-09-14", "2026-09-21", "2026-09-28")] == [
            ["12:00-13:00"],
            ["12:00-13:00"],
            ["12:00-13:00"],
            ["09:00-13:00"],
            ["12:00-13:00"],
        ]
        assert self.on("2026-09-15") == ["09:00-12:00"]

    def test_are_told_from_hours_of_every_week(self) -> None:
        days = [date(2026, 9, day).toordinal() for day in (14, 15, 16, 21)]

        assert [self.EVERY_OTHER.alternates(day) for day in days] == [True, False, False, False]

    @given(
        every=st.integers(2, 52),
        first=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        weekday=st.integers(0, 6),
    )
    def test_apply_on_the_days_that_the_rule_of_a_series_names(self, every: int, first: date, weekday: int) -> None:
        read = hours(f"{WEEKDAYS[weekday]} 09:00-12:00 every {every} from {first}")
        rule = Recurrence.parse(f"FREQ=WEEKLY;INTERVAL={every};BYDAY={WEEKDAYS[weekday][:2]}")
        begins = datetime.combine(first, time())
        year = range(first.toordinal() - 400, first.toordinal() + 400)

        open_days = [day for day in year if read.on(day)]

        starts = rule.starts(begins, begins, datetime.combine(date.fromordinal(year.stop), time()))
        assert open_days == [start.toordinal() for start in starts]
