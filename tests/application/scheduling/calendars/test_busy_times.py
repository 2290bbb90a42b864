"""Busy times from iCalendar: zones, all-day events, recurrence, exceptions, hostile files."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapters.icalendar.calendar_reader import IcalendarReader
from adapters.icalendar.rules import Budget, rule_of
from adapters.icalendar.time_zones import zone_called
from application.scheduling.calendars.calendar_visit import uid_of
from application.scheduling.calendars.errors import CalendarTooLargeError, UnreadableCalendarError
from application.scheduling.calendars.ports import MAX_OCTETS, BusyTimes, LeftOut
from domain.kernel.time_range import TimeRange
from tests.application.scheduling.calendars.icalendar_file import FIJI, OUTLOOK, ics

ADDRESS = "dana@studio.example"
TENANT = UUID("01980c5a-0000-7000-8000-000000000001")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
TWO_YEARS = TimeRange(NOW, NOW + timedelta(days=731))

EVERY_MINUTE = f"BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))}"

PIECES = b"BEGIN:VCALENDAR|BEGIN:VEVENT|END:VEVENT|END:VCALENDAR|DTSTART|;|:|=|\n|\n |RRULE:FREQ=DAILY|TZID|20260601|T080000|Z".split(
    b"|"
)
PIECES += [b'"', b"RDATE", b",", b"/", b"P1D", b"\xff", b"UID:x"]
"""What files that nobody meant are put together from."""


def read(octets: bytes, zone: str = "Europe/Berlin", within: TimeRange = TWO_YEARS) -> BusyTimes:
    return IcalendarReader().busy_times(octets, zone, within, TENANT, ADDRESS)


def busy_ranges(octets: bytes, zone: str = "Europe/Berlin") -> list[str]:
    """Return the times in order, in UTC, without the year's first half."""
    times = sorted(read(octets, zone).times.values(), key=lambda during: during.starts_at)
    return [f"{during.starts_at:%y-%m-%d %H:%M} {during.ends_at:%d %H:%M}" for during in times]


class TestSingleEvent:
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            ("DTSTART:20260601T080000Z\nDTEND:20260601T090000Z", "26-06-01 08:00 01 09:00"),
            ("DTSTART;TZID=Europe/Berlin:20260601T100000\nDURATION:PT1H", "26-06-01 08:00 01 09:00"),
            ("DTSTART;TZID=W. Europe Standard Time:20260601T100000\nDURATION:PT1H", "26-06-01 08:00 01 09:00"),
            ("DTSTART;TZID=Israel Standard Time:20260601T100000\nDURATION:PT1H", "26-06-01 07:00 01 08:00"),
            ("DTSTART;TZID=/x.org/Tzfile/Asia/Jerusalem:20260601T100000\nDURATION:PT1H", "26-06-01 07:00 01 08:00"),
            ('DTSTART;TZID="US/Eastern":20260601T100000\nDURATION:PT1H', "26-06-01 14:00 01 15:00"),
            ("DTSTART;TZID=Our own:20260601T100000\nDURATION:PT1H", "26-06-01 14:00 01 15:00"),
            ("DTSTART;TZID=Our own:20261201T100000\nDURATION:PT1H", "26-12-01 15:00 01 16:00"),
            ("DTSTART:20260601T100000\nDURATION:PT1H", "26-06-01 08:00 01 09:00"),
            ("DTSTART;VALUE=DATE:20260601", "26-05-31 22:00 01 22:00"),
            ("DTSTART;VALUE=DATE:20260601\nDTEND;VALUE=DATE:20260603", "26-05-31 22:00 02 22:00"),
            ("DTSTART;VALUE=DATE:20260601\nDTEND;VALUE=DATE:20260601", "26-05-31 22:00 01 22:00"),
            ("DTSTART;VALUE=DATE:20260329", "26-03-28 23:00 29 22:00"),
            ("DTSTART;TZID=Europe/Berlin:20260329T023000\nDURATION:PT1H", "26-03-29 01:30 29 02:30"),
            ("DTSTART;TZID=Europe/Berlin:20261025T023000\nDURATION:PT1H", "26-10-25 00:30 25 01:30"),
            ("DTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:P1D", "26-03-28 11:00 29 10:00"),
            ("DTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:PT24H", "26-03-28 11:00 29 11:00"),
            ("dtstart;tzid=Europe/Berlin:20260601T10\n 0000\nDURATION:PT1H", "26-06-01 08:00 01 09:00"),
        ],
    )
    def test_is_when_it_says(self, lines: str, expected: str) -> None:
        assert busy_ranges(ics(lines, head=FIJI)) == [expected]

    def test_of_the_wall_is_on_the_clock_that_the_calendar_names(self) -> None:
        octets = ics("DTSTART:20260601T100000\nDURATION:PT1H", head="X-WR-TIMEZONE:Asia/Jerusalem\n")

        assert busy_ranges(octets) == ["26-06-01 07:00 01 08:00"]

    @pytest.mark.parametrize(
        ("lines", "reason"),
        [
            ("DTSTART:20260601T080000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT", LeftOut.FREE),
            ("DTSTART:20260601T080000Z\nDURATION:PT1H\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", LeftOut.FREE),
            ("DTSTART:20260601T080000Z\nDURATION:PT1H\nSTATUS:CANCELLED", LeftOut.CANCELLED),
            ("DTSTART:20260601T080000Z", LeftOut.NO_TIME),
            ("DTSTART:20260601T080000Z\nDTEND:20260601T070000Z", LeftOut.NO_TIME),
            ("DTSTART:20250601T080000Z\nDURATION:PT1H", LeftOut.NOT_THEN),
            ("DTSTART:20360601T080000Z\nDURATION:PT1H", LeftOut.NOT_THEN),
            ("DTSTART:20260601T080000Z\nDTEND:20360601T080000Z", LeftOut.TOO_LONG),
            ("DTSTART;TZID=Mars/Olympus:20260601T080000\nDURATION:PT1H", LeftOut.UNKNOWN_ZONE),
            ("DTSTART:20260601T080000Z\nDURATION:PT1M\nRRULE:FREQ=MINUTELY", LeftOut.UNSUPPORTED_RULE),
            ("DTSTART:20260601T080000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY", LeftOut.UNSUPPORTED_RULE),
            ("DTSTART:20260631T080000Z\nDURATION:PT1H", LeftOut.UNREADABLE),
            ("DTSTART:20260601T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYMONTH=13", LeftOut.UNREADABLE),
            ("SUMMARY:x", LeftOut.UNREADABLE),
            (f"UID:{uid_of(TENANT, TENANT)}\nDTSTART:20260601T080000Z\nDURATION:PT1H", LeftOut.OWN),
        ],
    )
    def test_is_left_out_and_counted(self, lines: str, reason: LeftOut) -> None:
        found = read(ics(lines, "DTSTART:20260601T080000Z\nDURATION:PT1H"))

        assert found.left_out == {reason: 1}
        assert len(found.times) == 1


class TestAllDayEvents:
    @pytest.mark.parametrize(
        ("zone", "excluded"),
        [
            ("Europe/Berlin", "EXDATE;VALUE=DATE:20260602"),
            ("Europe/Berlin", "EXDATE;TZID=W. Europe Standard Time:20260602T000000"),
            ("Asia/Tokyo", 'EXDATE;TZID="W. Europe Standard Time":20260602T000000'),
            ("Europe/Berlin", "EXDATE:20260602T000000"),
            ("Europe/Berlin", "EXDATE:20260602T000000Z"),
            ("America/New_York", "EXDATE:20260602T000000Z"),
            ("Europe/Berlin", "EXDATE:20260601T220000Z"),
            ("America/New_York", "EXDATE:20260602T040000Z"),
            ("Europe/Berlin", "EXDATE;TZID=W. Europe Standard Time:20260530T000000,20260602T000000"),
        ],
    )
    def test_exclude_a_day_that_is_written_with_a_time(self, zone: str, excluded: str) -> None:
        """Exchange writes EXDATE of an all-day event with a time."""
        octets = ics(f"DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=DAILY;COUNT=3\n{excluded}")

        assert [key for _, key in sorted(read(octets, zone).times)] == ["20260601", "20260603"]

    @pytest.mark.parametrize("replaced", ["20260602", "20260602T000000", "20260602T000000Z", "20260601T220000Z"])
    def test_replace_a_day_that_is_written_with_a_time(self, replaced: str) -> None:
        octets = ics(
            "UID:a\nDTSTART;VALUE=DATE:20260601\nRRULE:FREQ=DAILY;COUNT=3",
            f"UID:a\nRECURRENCE-ID:{replaced}\nDTSTART;VALUE=DATE:20260602\nSTATUS:CANCELLED",
        )

        assert [key for _, key in sorted(read(octets).times)] == ["20260601", "20260603"]

    @pytest.mark.parametrize("times", ["BYHOUR=8,17", "BYMINUTE=0,30", "BYSECOND=1,2,60", "BYHOUR=9;BYMINUTE=15"])
    def test_ignore_times_of_a_rule(self, times: str) -> None:
        """RFC 5545, section 3.3.10: they MUST be ignored if DTSTART is a date."""
        octets = ics(f"DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=DAILY;COUNT=3;{times}")

        assert [key for _, key in sorted(read(octets).times)] == ["20260601", "20260602", "20260603"]


class TestInvitations:
    EVENT = "UID:a\nSEQUENCE:1\nDTSTART:20260601T080000Z\nDURATION:PT1H"
    SERIES = "UID:a\nSEQUENCE:1\nDTSTART:20260601T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"
    MOVED = "UID:a\nSEQUENCE:1\nRECURRENCE-ID:20260602T080000Z\nDTSTART:20260602T100000Z\nDURATION:PT1H"

    @pytest.mark.parametrize(
        ("attendee", "is_busy"),
        [
            ("ATTENDEE;PARTSTAT=DECLINED:mailto:dana@studio.example", False),
            ("ATTENDEE;PARTSTAT=declined;CN=Dana:MAILTO:Dana@Studio.example", False),
            ("ATTENDEE;PARTSTAT=DECLINED;EMAIL=dana@studio.example:urn:uuid:7", False),
            ('ATTENDEE;CN="Lev, Dana";ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED:mailto:dana@stu\n dio.example', False),
            ("ATTENDEE;PARTSTAT=DECLINED:mailto:somebody@else.example", True),
            ("ATTENDEE;PARTSTAT=DECLINED:mailto:xdana@studio.example", True),
            ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:dana@studio.example", True),
            ("ATTENDEE;PARTSTAT=TENTATIVE:mailto:dana@studio.example", True),
            ("ATTENDEE:mailto:dana@studio.example", True),
        ],
    )
    def test_are_not_busy_if_the_clinician_declined(self, attendee: str, is_busy: bool) -> None:
        found = read(ics(f"{self.EVENT}\n{attendee}"))

        assert len(found.times) == is_busy
        assert found.left_out == ({} if is_busy else {LeftOut.DECLINED: 1})

    def test_are_declined_by_occurrence(self) -> None:
        declined = f"{self.MOVED}\nATTENDEE;PARTSTAT=DECLINED:mailto:{ADDRESS}"

        assert busy_ranges(ics(self.SERIES, declined)) == ["26-06-01 08:00 01 09:00", "26-06-03 08:00 03 09:00"]

    def test_are_busy_for_the_occurrence_that_was_accepted(self) -> None:
        series = f"{self.SERIES}\nATTENDEE;PARTSTAT=DECLINED:mailto:{ADDRESS}"
        accepted = f"{self.MOVED}\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{ADDRESS}"

        assert busy_ranges(ics(series, accepted)) == ["26-06-02 10:00 02 11:00"]

    @pytest.mark.parametrize("event", [EVENT, SERIES])
    def test_are_not_busy_in_a_cancellation(self, event: str) -> None:
        found = read(ics(event, head="METHOD:CANCEL\n"))

        assert (found.times, found.left_out) == ({}, {LeftOut.CANCELLED: 1})

    @pytest.mark.parametrize("sequence", [1, 2])
    @pytest.mark.parametrize("is_last", [True, False])
    def test_end_with_their_cancellation_in_the_same_file(self, sequence: int, is_last: bool) -> None:
        invited = ics(self.SERIES, self.MOVED, head="METHOD:REQUEST\n")
        cancelled = ics(self.EVENT.replace("SEQUENCE:1", f"SEQUENCE:{sequence}"), head="METHOD:CANCEL\n")

        found = read(invited + cancelled if is_last else cancelled + invited)

        assert (found.times, found.left_out) == ({}, {LeftOut.CANCELLED: 1})

    def test_are_busy_again_if_they_come_after_their_cancellation(self) -> None:
        cancelled = ics(self.EVENT, head="METHOD:CANCEL\n")
        again = ics(self.EVENT.replace("SEQUENCE:1", "SEQUENCE:2"), head="METHOD:REQUEST\n")

        assert busy_ranges(cancelled + again) == ["26-06-01 08:00 01 09:00"]

    def test_lose_the_occurrence_that_was_cancelled(self) -> None:
        cancelled = ics(self.MOVED, head="METHOD:CANCEL\n")

        assert busy_ranges(ics(self.SERIES, head="METHOD:REQUEST\n") + cancelled) == [
            "26-06-01 08:00 01 09:00",
            "26-06-03 08:00 03 09:00",
        ]


class TestZones:
    @pytest.mark.parametrize(
        "tzid",
        [
            '"(UTC+00:00) Dublin, Edinburgh, Lisbon, London"',
            r'"(UTC+00:00) Dublin\, Edinburgh\, Lisbon\, London"',
            r"(UTC+00:00) Dublin\, Edinburgh\, Lisbon\, London",
            "(UTC+00:00) Dublin, Edinburgh, Lisbon, London",
            '"(UTC+00:00) DUBLIN,  Edinburgh, Lisbon, London"',
        ],
        ids=["quoted", "quoted and escaped", "escaped", "bare", "other case"],
    )
    @pytest.mark.parametrize("head", [OUTLOOK, OUTLOOK.replace("\\,", ",")], ids=["escaped", "bare"])
    @pytest.mark.parametrize("tail", ["London", "Camelot"], ids=["known", "unknown"])
    def test_of_the_file_are_found_however_their_name_is_written(self, tzid: str, head: str, tail: str) -> None:
        tzid, head = tzid.replace("London", tail), head.replace("London", tail)
        octets = ics(f"DTSTART;TZID={tzid}:20260601T100000\nDTEND;TZID={tzid}:20260601T110000", head=head)

        assert busy_ranges(octets, "Asia/Tokyo") == ["26-06-01 09:00 01 10:00"]

    @pytest.mark.parametrize(
        ("tzid", "expected"),
        [
            ('"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"', "26-06-01 08:00 01 09:00"),
            ("(GMT+01.00) Amsterdam / Berlin / Bern / Rome / Stockholm / Vienna", "26-06-01 08:00 01 09:00"),
            ("(GMT) Greenwich Mean Time - Dublin / Edinburgh / Lisbon / London", "26-06-01 09:00 01 10:00"),
            ('"(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London"', "26-06-01 09:00 01 10:00"),
            (r"(GMT-05:00) Eastern Time (US & Canada)", "26-06-01 14:00 01 15:00"),
            ("Eastern Time (US & Canada)", "26-06-01 14:00 01 15:00"),
            ('"(UTC+02:00) Jerusalem"', "26-06-01 07:00 01 08:00"),
            ('"(UTC) Coordinated Universal Time"', "26-06-01 10:00 01 11:00"),
            ("tzone://Microsoft/Utc", "26-06-01 10:00 01 11:00"),
            ('"tzone://Microsoft/Utc"', "26-06-01 10:00 01 11:00"),
            ("tzone://microsoft/Romance Standard Time", "26-06-01 08:00 01 09:00"),
        ],
    )
    def test_have_display_names_in_outlook(self, tzid: str, expected: str) -> None:
        assert busy_ranges(ics(f"DTSTART;TZID={tzid}:20260601T100000\nDURATION:PT1H")) == [expected]

    @pytest.mark.parametrize(
        "tzid",
        [
            "tzone://Microsoft/Custom",
            "Customized Time Zone",
            '"(UTC+02:00) Athens, Bucharest, Istanbul"',
            '"(UTC+01:00) Atlantis"',
        ],
    )
    def test_are_not_guessed(self, tzid: str) -> None:
        found = read(ics(f"DTSTART;TZID={tzid}:20260601T100000\nDURATION:PT1H"))

        assert found.left_out == {LeftOut.UNKNOWN_ZONE: 1}

    def test_of_the_file_win_over_display_names(self) -> None:
        """A program that adapts a zone keeps its display name."""
        head = OUTLOOK.replace("TZOFFSETTO:+0100", "TZOFFSETTO:+0200")
        tzid = "(UTC+00:00) Dublin, Edinburgh, Lisbon, London"

        assert busy_ranges(ics(f'DTSTART;TZID="{tzid}":20260601T100000\nDURATION:PT1H', head=head)) == [
            "26-06-01 08:00 01 09:00"
        ]

    @pytest.mark.parametrize("tzid", ["Our own", "America/New_York"])
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            ("DTSTART{0}:20260308T013000\nDURATION:PT1H", "26-03-08 06:30 08 07:30"),
            ("DTSTART{0}:20260308T020000\nDURATION:PT1H", "26-03-08 07:00 08 08:00"),
            ("DTSTART{0}:20260308T023000\nDURATION:PT1H", "26-03-08 07:30 08 08:30"),
            ("DTSTART{0}:20260308T030000\nDURATION:PT1H", "26-03-08 07:00 08 08:00"),
            ("DTSTART{0}:20260308T014500\nDTEND{0}:20260308T021500", "26-03-08 06:45 08 07:15"),
            ("DTSTART{0}:20260308T023000\nDTEND{0}:20260308T030000", "26-03-08 07:30 08 08:00"),
            ("DTSTART{0}:20260308T023000\nDTEND{0}:20260308T024500", "26-03-08 07:30 08 07:45"),
            ("DTSTART{0}:20261101T003000\nDURATION:PT1H", "26-11-01 04:30 01 05:30"),
            ("DTSTART{0}:20261101T013000\nDURATION:PT1H", "26-11-01 05:30 01 06:30"),
            ("DTSTART{0}:20261101T020000\nDURATION:PT1H", "26-11-01 07:00 01 08:00"),
            ("DTSTART{0}:20260307T023000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=1", "26-03-07 07:30 07 08:30"),
        ],
    )
    def test_of_the_file_change_their_clocks_as_named_ones_do(self, tzid: str, lines: str, expected: str) -> None:
        """RFC 5545, section 3.3.5: a skipped time has the offset before the gap."""
        assert busy_ranges(ics(lines.format(f";TZID={tzid}"), head=FIJI)) == [expected]

    @pytest.mark.parametrize("tzid", ["Our own", "America/New_York"])
    def test_keep_repetitions_that_fall_into_a_gap(self, tzid: str) -> None:
        octets = ics(f"DTSTART;TZID={tzid}:20260307T023000\nDURATION:PT15M\nRRULE:FREQ=DAILY;COUNT=3", head=FIJI)

        assert busy_ranges(octets) == ["26-03-07 07:30 07 07:45", "26-03-08 07:30 08 07:45", "26-03-09 06:30 09 06:45"]


class TestRepetitions:
    def test_stay_on_the_wall_when_the_clocks_change(self) -> None:
        octets = ics(
            "DTSTART;TZID=Asia/Jerusalem:20260325T090000\nDTEND;TZID=Asia/Jerusalem:20260325T100000\nRRULE:FREQ=DAILY;COUNT=4"
        )

        assert busy_ranges(octets) == [
            "26-03-25 07:00 25 08:00",
            "26-03-26 07:00 26 08:00",
            "26-03-27 06:00 27 07:00",
            "26-03-28 06:00 28 07:00",
        ]

    def test_without_an_end_reach_two_years_and_no_further(self) -> None:
        octets = ics("DTSTART;TZID=Europe/Berlin:19800107T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY")

        times = sorted(read(octets).times.values(), key=lambda during: during.starts_at)

        assert len(times) == 105
        assert times[-1].starts_at < TWO_YEARS.ends_at

    def test_know_exceptions(self) -> None:
        octets = ics(
            "UID:a\nDTSTART;TZID=Europe/Berlin:20260601T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\n"
            "EXDATE;TZID=Europe/Berlin:20260602T100000",
            "UID:a\nRECURRENCE-ID:20260603T080000Z\nDTSTART;TZID=Europe/Berlin:20260603T150000\nDURATION:PT2H",
            "UID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20260604T100000\nDTSTART;TZID=Europe/Berlin:20260604T100000\n"
            "STATUS:CANCELLED",
        )

        found = read(octets).times

        assert busy_ranges(octets) == ["26-06-01 08:00 01 09:00", "26-06-03 13:00 03 15:00", "26-06-05 08:00 05 09:00"]
        assert [name for _, name in sorted(found)] == ["20260601T080000Z", "20260603T080000Z", "20260605T080000Z"]

    def test_know_dates_besides_and_changes_from_then_on(self) -> None:
        octets = ics(
            "UID:a\nDTSTART:20260601T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\n"
            "RDATE;VALUE=PERIOD:20260602T080000Z/PT2H,20260603T080000Z/20260603T083000Z",
            "UID:a\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260608T080000Z\nDTSTART:20260608T100000Z\nDURATION:PT1H",
        )

        assert busy_ranges(octets) == [
            "26-06-01 08:00 01 09:00",
            "26-06-02 08:00 02 10:00",
            "26-06-03 08:00 03 08:30",
            "26-06-08 10:00 08 11:00",
            "26-06-15 10:00 15 11:00",
        ]

    @settings(max_examples=80)
    @given(
        period=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        interval=st.integers(1, 4),
        ends=st.sampled_from(["", ";COUNT=7", ";UNTIL=20270301T000000"]),
        month=st.sampled_from(["", ";BYMONTH=2", ";BYMONTH=1,6,12"]),
        day=st.sampled_from(
            [
                "",
                ";BYDAY=MO,FR",
                ";BYMONTHDAY=29,-1",
                ";BYMONTHDAY=13;BYDAY=FR",
                ";BYHOUR=8,17",
                ";BYSETPOS=-1;BYDAY=MO,TU",
            ]
        ),
        first=st.datetimes(datetime(2019, 1, 1), datetime(2026, 6, 1)),  # noqa: DTZ001  on a wall clock
    )
    def test_are_those_that_another_reader_finds(
        self, period: str, interval: int, ends: str, month: str, day: str, first: datetime
    ) -> None:
        assume("BYMONTHDAY" not in day or period != "WEEKLY")  # the standard forbids it
        first = first.replace(microsecond=0)
        text = f"FREQ={period};INTERVAL={interval}{ends}{month}{day}"
        begins, wait_until = datetime(2026, 1, 1), datetime(2027, 6, 1)  # noqa: DTZ001  on a wall clock

        ours = list(rule_of(text).starts(first, begins, wait_until, Budget(10**6).spend))

        theirs = rrulestr(text, dtstart=first).between(begins, wait_until, inc=True)
        assert ours == [start for start in theirs if start < wait_until]


class TestFiles:
    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"<html><body>Sign in</body></html>",
            ics("DTSTART:20260601T080000Z\nDURATION:PT1H")[:-20],
            b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n",
            b"END:VCALENDAR\n",
        ],
    )
    def test_that_are_no_whole_calendar_are_refused(self, octets: bytes) -> None:
        """Or else a page to sign in at, or half a download, would take all busy time away."""
        with pytest.raises(UnreadableCalendarError) as refused:
            read(octets)

        assert refused.value.code == "unreadable_calendar"

    @pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_may_be_written_by_any_program(self, ending: str, encoding: str) -> None:
        text = ics("SUMMARY:פגישה ä\nDTSTART:20260601T080000Z\nDURATION:PT1H").decode().replace("\r\n", ending)

        assert busy_ranges(text.encode(encoding)) == ["26-06-01 08:00 01 09:00"]

    def test_may_fold_inside_a_letter(self) -> None:
        octets = ics("SUMMARY:ה\nDTSTART:20260601T080000Z\nDURATION:PT1H")

        assert len(busy_ranges(octets.replace("ה".encode(), b"\xd7\r\n \x94"))) == 1

    def test_of_the_same_event_twice_say_what_they_said_last(self) -> None:
        octets = ics(
            "UID:a\nSEQUENCE:2\nDTSTART:20260601T080000Z\nDURATION:PT1H",
            "UID:a\nSEQUENCE:1\nDTSTART:20260602T080000Z\nDURATION:PT1H",
        )

        assert busy_ranges(octets) == ["26-06-01 08:00 01 09:00"]

    @pytest.mark.parametrize(
        ("name", "zone"),
        [
            ("Europe/Berlin", "Europe/Berlin"),
            ("europe/berlin", "Europe/Berlin"),
            ("America/Los Angeles", "America/Los_Angeles"),
            ("/softwarestudio.org/Olson_20011030_5/America/Chicago", "America/Chicago"),
            ("/x/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
            ("Pacific Standard Time", "America/Los_Angeles"),
            ("../../etc/passwd", None),
            ("", None),
        ],
    )
    def test_name_zones_in_many_ways(self, name: str, zone: str | None) -> None:
        assert zone_called(name) == zone


@pytest.mark.uncovered  # thousands of rules
class TestHostileFiles:
    """EX8: none is read for long, and none is read in part."""

    @pytest.mark.parametrize(
        "octets",
        [
            b"BEGIN:VCALENDAR\n" + b"X" * MAX_OCTETS,
            b"BEGIN:VCALENDAR\n" * 10,
            b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * 20_001 + b"END:VCALENDAR\n",
            ics("DTSTART:20260601T000000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24)))),
            ics(*["DTSTART:00010101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=999999999"] * 50),
            ics(*["DTSTART:17000101T000000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTHDAY=31;BYDAY=MO;COUNT=999"] * 500),
        ],
        ids=["long", "deep", "many", "every hour", "from year one", "seldom, often"],
    )
    def test_are_refused_soon(self, octets: bytes) -> None:
        began = time.process_time()
        with pytest.raises(UnreadableCalendarError):
            read(octets)

        assert time.process_time() - began < 10

    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;BYMONTH=4,6,9,11;BYMONTHDAY=31,-31",
            "FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2,3;BYDAY=SA;INTERVAL=7",
            "FREQ=DAILY;BYHOUR=8,17;BYSETPOS=3",
            "FREQ=WEEKLY;BYDAY=MO;BYMONTH=2;BYSETPOS=5",
            "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=MONTHLY;BYMONTH=2;BYDAY=5MO",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=YEARLY;BYYEARDAY=366;BYMONTHDAY=1",
            "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
            "FREQ=YEARLY;BYWEEKNO=20;BYYEARDAY=1",
        ],
    )
    def test_of_5000_rules_that_never_match_are_read_within_the_budget(self, rule: str) -> None:
        """800 KB that took seconds: each rule may look at 40 of the 731 days at most."""
        padding = "SUMMARY:" + "x" * 60
        found = read(ics(*[f"{padding}\nDTSTART:20260601T000000Z\nDURATION:PT1H\nRRULE:{rule}"] * 5_000))

        assert (found.times, found.left_out) == ({}, {LeftOut.NOT_THEN: 5_000})

    def test_that_take_no_time_are_not_expanded(self) -> None:
        found = read(ics(*["DTSTART:20260601T000000Z\nRRULE:FREQ=DAILY"] * 5_000))

        assert found.left_out == {LeftOut.NO_TIME: 5_000}

    @pytest.mark.parametrize(
        "rule", ["FREQ=DAILY;COUNT=999999999", f"FREQ=YEARLY;BYDAY=MO,TU,WE;BYSETPOS=366;{EVERY_MINUTE}"]
    )
    def test_leave_out_one_rule_that_takes_long(self, rule: str) -> None:
        octets = ics(
            f"DTSTART:00010101T000000Z\nDURATION:PT1H\nRRULE:{rule}",
            "DTSTART:20260601T080000Z\nDURATION:PT1H",
        )

        assert read(octets).left_out == {LeftOut.UNSUPPORTED_RULE: 1}
        assert busy_ranges(octets) == ["26-06-01 08:00 01 09:00"]

    def test_may_bring_many_zones(self) -> None:
        heads = [FIJI.replace("Our own", f"Zone {number}") for number in range(100)]
        events = [f"DTSTART;TZID=Zone {number}:20260601T100000\nDURATION:PT1H" for number in range(100)]

        assert len(read(ics(*events, head="".join(heads))).times) == 100

    def test_cannot_bring_zones_that_take_long(self) -> None:
        part = "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=DAILY\nEND:STANDARD\n"
        head = f"BEGIN:VTIMEZONE\nTZID:x\n{part * 400}END:VTIMEZONE\n"

        with pytest.raises(CalendarTooLargeError):
            read(ics("DTSTART;TZID=x:20260601T080000\nDURATION:PT1H", head=head))

    def test_never_read_a_rule_that_never_happens_for_long(self) -> None:
        """Where a common library would go on to the year 9999."""
        rule, budget = rule_of("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), Budget(2_000)
        first = datetime(2026, 1, 1)  # noqa: DTZ001  on a wall clock

        assert list(rule.starts(first, first, first.replace(year=2028), budget.spend)) == []

    @settings(max_examples=200)
    @given(
        st.lists(
            st.sampled_from(PIECES),
            max_size=60,
        )
    )
    def test_of_any_kind_are_read_or_refused_by_name(self, parts: list[bytes]) -> None:
        for octets in (b"".join(parts), ics(b"".join(parts).decode("latin-1"))):
            try:
                read(octets)
            except UnreadableCalendarError:
                continue
