"""The table of BYxxx parts against FREQ in RFC 5545, section 3.3.10, cell by cell."""

from datetime import datetime
from itertools import islice, product

import pytest

from domain.kernel.errors import InvalidValueError
from domain.scheduling.series.recurrence import Recurrence, UnsupportedRuleError

FIRST = datetime(2026, 3, 4, 9)  # noqa: DTZ001  a Wednesday, on a wall clock
END = datetime(2028, 3, 4)  # noqa: DTZ001  on a wall clock

FREQUENCIES = ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS = {
    "BYMONTH": "4,6",
    "BYWEEKNO": "20",
    "BYYEARDAY": "100,-1",
    "BYMONTHDAY": "10,-1",
    "BYDAY": "MO,FR",
    "BYHOUR": "8,17",
    "BYMINUTE": "15,45",
    "BYSECOND": "1,60",
    "BYSETPOS": "-1;BYHOUR=8,17",
}
LIMITED_OR_EXPANDED = {
    ("BYMONTH", "DAILY"): "26-04-01 26-04-02 26-04-03",
    ("BYMONTH", "WEEKLY"): "26-04-01 26-04-08 26-04-15",
    ("BYMONTH", "MONTHLY"): "26-04-04 26-06-04 27-04-04",
    ("BYMONTH", "YEARLY"): "26-04-04 26-06-04 27-04-04",
    ("BYWEEKNO", "YEARLY"): "26-05-13 27-05-19",
    ("BYYEARDAY", "YEARLY"): "26-04-10 26-12-31 27-04-10",
    ("BYMONTHDAY", "DAILY"): "26-03-10 26-03-31 26-04-10",
    ("BYMONTHDAY", "MONTHLY"): "26-03-10 26-03-31 26-04-10",
    ("BYMONTHDAY", "YEARLY"): "26-03-10 26-03-31 26-04-10",
    ("BYDAY", "DAILY"): "26-03-06 26-03-09 26-03-13",
    ("BYDAY", "WEEKLY"): "26-03-06 26-03-09 26-03-13",
    ("BYDAY", "MONTHLY"): "26-03-06 26-03-09 26-03-13",
    ("BYDAY", "YEARLY"): "26-03-06 26-03-09 26-03-13",
    ("BYHOUR", "DAILY"): "26-03-04T17 26-03-05T08 26-03-05T17",
    ("BYHOUR", "WEEKLY"): "26-03-04T17 26-03-11T08 26-03-11T17",
    ("BYHOUR", "MONTHLY"): "26-03-04T17 26-04-04T08 26-04-04T17",
    ("BYHOUR", "YEARLY"): "26-03-04T17 27-03-04T08 27-03-04T17",
    ("BYMINUTE", "DAILY"): "26-03-04T09:15 26-03-04T09:45 26-03-05T09:15",
    ("BYMINUTE", "WEEKLY"): "26-03-04T09:15 26-03-04T09:45 26-03-11T09:15",
    ("BYMINUTE", "MONTHLY"): "26-03-04T09:15 26-03-04T09:45 26-04-04T09:15",
    ("BYMINUTE", "YEARLY"): "26-03-04T09:15 26-03-04T09:45 27-03-04T09:15",
    ("BYSECOND", "DAILY"): "26-03-04T09:00:01 26-03-04T09:00:59 26-03-05T09:00:01",
    ("BYSECOND", "WEEKLY"): "26-03-04T09:00:01 26-03-04T09:00:59 26-03-11T09:00:01",
    ("BYSECOND", "MONTHLY"): "26-03-04T09:00:01 26-03-04T09:00:59 26-04-04T09:00:01",
    ("BYSECOND", "YEARLY"): "26-03-04T09:00:01 26-03-04T09:00:59 27-03-04T09:00:01",
    ("BYSETPOS", "DAILY"): "26-03-04T17 26-03-05T17 26-03-06T17",
    ("BYSETPOS", "WEEKLY"): "26-03-04T17 26-03-11T17 26-03-18T17",
    ("BYSETPOS", "MONTHLY"): "26-03-04T17 26-04-04T17 26-05-04T17",
    ("BYSETPOS", "YEARLY"): "26-03-04T17 27-03-04T17",
}


def first_starts(rule: str) -> list[datetime]:
    return list(islice(Recurrence.parse(rule).starts(FIRST, FIRST, END), 3))


def times(text: str) -> list[datetime]:
    """Return the times; 09:00 where none is given."""
    return [datetime.fromisoformat(f"20{each}" if "T" in each else f"20{each}T09") for each in text.split()]


class TestTable:
    @pytest.mark.parametrize(("part", "frequency"), list(product(PARTS, FREQUENCIES)))
    def test_limits_expands_or_forbids(self, part: str, frequency: str) -> None:
        """Cells "N/A" are refused with the part; frequencies within a day are not supported."""
        rule = f"FREQ={frequency};{part}={PARTS[part]}"
        expected = LIMITED_OR_EXPANDED.get((part, frequency))

        if expected is not None:
            assert first_starts(rule) == times(expected)
            return
        with pytest.raises(InvalidValueError) as refused:
            Recurrence.parse(rule)
        is_supported = frequency not in ("SECONDLY", "MINUTELY", "HOURLY")
        assert refused.value.field == (f"rrule.{part.lower()}" if is_supported else "rrule.freq")
        assert isinstance(refused.value, UnsupportedRuleError) is not is_supported

    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            ("FREQ=MONTHLY;BYDAY=2MO,-1FR", "26-03-09 26-03-27 26-04-13"),
            ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "26-03-13 26-11-13 27-08-13"),
            ("FREQ=YEARLY;BYDAY=20MO,-1FR", "26-05-18 26-12-25 27-05-17"),
            ("FREQ=YEARLY;BYDAY=FR;BYYEARDAY=72", "26-03-13"),
            ("FREQ=YEARLY;BYDAY=FR;BYMONTHDAY=13", "26-03-13 26-11-13 27-08-13"),
            ("FREQ=YEARLY;BYDAY=MO;BYWEEKNO=20", "26-05-11 27-05-17"),
            ("FREQ=YEARLY;BYDAY=1MO;BYMONTH=4", "26-04-06 27-04-05"),
        ],
    )
    def test_limits_or_expands_days_by_its_notes(self, rule: str, expected: str) -> None:
        assert first_starts(rule) == times(expected)

    @pytest.mark.parametrize(
        ("rule", "field"),
        [
            ("FREQ=DAILY;BYDAY=1MO", "rrule.byday"),
            ("FREQ=WEEKLY;BYDAY=MO,-1FR", "rrule.byday"),
            ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO", "rrule.byday"),
            ("FREQ=DAILY;BYSETPOS=1", "rrule.bysetpos"),
            ("FREQ=YEARLY;BYSETPOS=-1", "rrule.bysetpos"),
            ("FREQ=DAILY;BYSECOND=61", "rrule.bysecond"),
        ],
    )
    def test_forbids_what_the_text_above_it_forbids(self, rule: str, field: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            Recurrence.parse(rule)

        assert refused.value.field == field

    def test_ignores_times_if_the_first_is_a_date(self) -> None:
        rule = Recurrence.parse("FREQ=MONTHLY;BYMONTHDAY=10;BYHOUR=8,17;BYMINUTE=15;BYSECOND=1")

        assert rule.of_days() == Recurrence.parse("FREQ=MONTHLY;BYMONTHDAY=10")
