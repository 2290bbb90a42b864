"""1,000 random events, read as python-dateutil expands their rules.

``recurring-ical-events`` expands rules with python-dateutil as well. Known differences, in which
the reader follows RFC 5545, section 3.3.10:

- BYWEEKNO without BYDAY: dateutil takes all days of the week. By the section, a missing day is that
  of DTSTART.
- BYSETPOS of a weekly rule: in the week of DTSTART, dateutil applies it to the days from DTSTART
  on. By the section, it applies to the instances "within one interval of the recurrence rule",
  which is the week.
- BYWEEKNO=53 with WKST=SU: dateutil 2.9.0 finds 1 January 2027, which is in week 52 of 2026. By the
  section, a year has a week 53 only if that week has at least four of its days.

Section 3.8.5.3 leaves open whether DTSTART is an occurrence if its rule does not name it; to both
readers it is none.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from adapters.icalendar.calendar_reader import IcalendarReader
from domain.kernel.time_range import TimeRange
from tests.application.scheduling.calendars.icalendar_file import FIJI, OUTLOOK, ics

TENANT = UUID("01980c5a-0000-7000-8000-000000000001")
BEGINS, ENDS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
CLINIC = "Europe/Berlin"
ZONES = [
    ("Europe/Berlin", "", "Europe/Berlin"),
    ("Our own", FIJI, "America/New_York"),
    ("America/New_York", "", "America/New_York"),
    ('"(UTC+00:00) Dublin, Edinburgh, Lisbon, London"', OUTLOOK, "Europe/London"),
    ("Israel Standard Time", "", "Asia/Jerusalem"),
    ("Australia/Lord_Howe", "", "Australia/Lord_Howe"),
]
"""TZID, the head of the file, and the zone of the same clock."""
TIMES_IN_A_GAP = ("01:30:00", "02:00:00", "02:15:00", "02:30:00", "03:00:00")

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAYS = ["BYDAY=MO,TU,WE,TH,FR", "BYDAY=MO,FR", "BYDAY=SU", "BYDAY=SA,SU"]
NUMBERED_DAYS = ["BYDAY=2MO", "BYDAY=-1FR", "BYDAY=1SU,-1SU", "BYDAY=5TU"]
MONTH_DAYS = ["BYMONTHDAY=1", "BYMONTHDAY=29,30,31", "BYMONTHDAY=-1", "BYMONTHDAY=13,-13", "BYMONTHDAY=30;BYMONTH=2"]
YEAR_DAYS = ["BYYEARDAY=1,100,200", "BYYEARDAY=-1", "BYYEARDAY=366", "BYWEEKNO=1", "BYWEEKNO=20,-1", "BYWEEKNO=53"]
NAMED = {
    "DAILY": ["", *DAYS, *MONTH_DAYS],
    "WEEKLY": ["", *DAYS],
    "MONTHLY": ["", *DAYS, *NUMBERED_DAYS, *MONTH_DAYS, "BYDAY=FR;BYMONTHDAY=13"],
    "YEARLY": ["", *DAYS, *NUMBERED_DAYS, *MONTH_DAYS, *YEAR_DAYS, "BYWEEKNO=10;BYDAY=TU,TH"],
}
LIMITS = ["", "", "BYMONTH=3", "BYMONTH=1,10,12", "BYHOUR=2,14", "BYMINUTE=0,30", "BYHOUR=2;BYMINUTE=15,45"]


def random_rule(random: Random) -> str:
    frequency = random.choice(list(NAMED))
    named = random.choice(NAMED[frequency])
    week_start = "MO" if "BYWEEKNO=53" in named else random.choice(["MO", "SU"])
    limit = random.choice(LIMITS)
    parts = [f"FREQ={frequency};INTERVAL={random.choice([1, 1, 1, 2, 3, 5])};WKST={week_start}", named]
    if limit.partition("=")[0] not in named:
        parts.append(limit)
    if "BY" in "".join(parts) and random.random() < 0.3:
        parts.append(f"BYSETPOS={random.choice(['1', '-1', '2', '1,-1', '7'])}")
    return ";".join(filter(None, parts))


def expected_starts(rule: str, first: datetime, count: int | None) -> list[datetime]:
    """Return dateutil's starts up to the end of the window."""
    if "BYWEEKNO" in rule and "BYDAY" not in rule:
        rule += f";BYDAY={WEEKDAYS[first.weekday()]}"
    theirs = rrulestr(f"{rule};UNTIL={ENDS + timedelta(days=2):%Y%m%dT%H%M%S}", dtstart=first)
    return list(islice(theirs, count))


@pytest.mark.uncovered  # a thousand of them
def test_random_events_are_read_as_another_reader_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    # dateutil looks for the next day of a rule that never matches up to this year.
    monkeypatch.setattr("datetime.MAXYEAR", ENDS.year + 1)
    random, different, found_times = Random(5545), list[str](), 0
    for _ in range(1_000):
        tzid, head, zone = random.choice(ZONES)
        rule, is_day = random_rule(random), random.random() < 0.15
        at = "00:00:00" if is_day else random.choice(TIMES_IN_A_GAP)
        day = date(2022, 1, 1) + timedelta(days=random.randrange(365 * 5))
        first = datetime.fromisoformat(f"{day} {at}")
        if is_day:
            rule = ";".join(part for part in rule.split(";") if not part.startswith(("BYHOUR", "BYMINUTE", "BYSETPOS")))
        is_cut_week = "WEEKLY" in rule and "BYSETPOS" in rule
        count = None if is_cut_week or random.random() < 0.6 else random.choice([1, 5, 40])
        tz = ZoneInfo(CLINIC if is_day else zone)
        starts = expected_starts(rule, first, count)
        excluded = random.choice(starts) if starts and random.random() < 0.5 else None

        text = f"{rule};COUNT={count}" if count else rule
        head_line = f"DTSTART;VALUE=DATE:{first:%Y%m%d}" if is_day else f"DTSTART;TZID={tzid}:{first:%Y%m%dT%H%M%S}"
        lines = f"{head_line}\nDURATION:{'P1D' if is_day else 'PT45M'}\nRRULE:{text}"
        if excluded is not None:
            lines += f"\nEXDATE;TZID={tzid}:{excluded:%Y%m%dT%H%M%S}"
        found = IcalendarReader().busy_times(ics(lines, head=head), CLINIC, TimeRange(BEGINS, ENDS), TENANT)

        spans = set()
        for start in starts:
            begins = start.replace(tzinfo=tz).astimezone(UTC)
            length = timedelta(days=1) if is_day else timedelta(minutes=45)
            ends = (start + length).replace(tzinfo=tz).astimezone(UTC) if is_day else begins + length
            if start != excluded and begins < ENDS and ends > BEGINS:
                spans.add((begins, ends))
        ours = {(each.starts_at, each.ends_at) for each in found.times.values()}
        if is_cut_week:
            week_ends = first + timedelta(days=7)
            later = week_ends.replace(tzinfo=UTC)
            ours, spans = ({span for span in each if span[0] > later} for each in (ours, spans))
        found_times += len(ours)
        if ours != spans:
            different.append(f"{lines}\n{sorted(ours ^ spans)[:3]}")
    assert different == []
    assert found_times > 10_000
