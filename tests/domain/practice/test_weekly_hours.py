"""Opening hours as text: read, refused, written back."""

import pytest
from hypothesis import given

from domain.kernel.errors import InvalidValueError
from domain.practice.weekly_hours import DayRange, OpeningHours
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

    @pytest.mark.parametrize(
        "weekly",
        [
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

    @given(opening_hours(DATES[0]))
    def test_reads_what_it_wrote(self, read: OpeningHours) -> None:
        assert OpeningHours.parse(read.weekly_text(), read.overrides_text()) == read
