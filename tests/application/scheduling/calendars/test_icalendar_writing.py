"""Writing iCalendar: lines by RFC 5545, and the result of another reader."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from adapters.icalendar.calendar_writer import IcalendarWriter, parameter, text, written
from application.scheduling.calendars.calendar_visit import CalendarVisit, Person, is_own, spoken, uid_of

TENANT = UUID("01980c5a-0000-7000-8000-000000000001")
VISIT = UUID("01980c5a-0000-7000-8000-000000000002")
TEN = datetime(2024, 5, 13, 8, tzinfo=UTC)
"""Ten o'clock in Berlin."""

feed, invitation = IcalendarWriter().feed, IcalendarWriter().invitation

LONG = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def visit(**other: object) -> CalendarVisit:
    expected: dict[str, object] = {
        "uid": uid_of(TENANT, VISIT),
        "version": 1,
        "revised_at": TEN - timedelta(days=3),
        "starts_at": TEN,
        "ends_at": TEN + timedelta(minutes=50),
        "summary": "Physio",
    }
    return CalendarVisit(**(expected | other))  # type: ignore[arg-type]  # the fields are those of CalendarVisit


class TestLines:
    @given(LONG)
    def test_are_short_and_end_as_they_must(self, value: str) -> None:
        octets = written([f"SUMMARY:{text(value)}"]).encode()

        assert octets.endswith(b"\r\n")
        for line in octets.removesuffix(b"\r\n").split(b"\r\n"):
            assert len(line) <= 75
            assert not {b"\r", b"\n"} & {line[place : place + 1] for place in range(len(line))}
            line.decode()

    @given(LONG)
    def test_come_back_from_another_reader_as_they_were(self, value: str) -> None:
        value = "".join(letter for letter in value if letter.isprintable())

        calendar: Any = Calendar.from_ical(feed("Studio", [visit(summary=f"x{value}")]))

        assert str(calendar.walk("VEVENT")[0]["SUMMARY"]) == f"x{value}"

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("a;b,c\\d", "a\\;b\\,c\\\\d"),
            ("Room\\North", "Room\\\\North"),
            ("one\r\ntwo\rthree\nfour", "one\\ntwo\\nthree\\nfour"),
            ("x\0\x07\x7fy", "xy"),
            ("Dr. נועה לוי", "Dr. נועה לוי"),
        ],
    )
    def test_hold_no_letter_that_means_something_else(self, value: str, expected: str) -> None:
        assert text(value) == expected

    def test_hold_names_in_quotes(self) -> None:
        assert parameter('Noa "the ^ knee"; Levi') == "\"Noa ^'the ^^ knee^'; Levi\""

    def test_cannot_be_added_by_a_name(self) -> None:
        message = invitation(visit(), Person("S", None), Person("x\r\nATTENDEE:mailto:eve@example.org", None))

        assert message.count("\r\nATTENDEE") == 1


class TestFeed:
    def test_tells_when_and_no_more_unless_asked(self) -> None:
        expected = feed("Studio", [visit(summary="Busy")])

        assert "\r\nSUMMARY:Busy\r\n" in expected
        assert "LOCATION" not in expected
        assert "DESCRIPTION" not in expected

    def test_starts_in_utc(self) -> None:
        """EC-15: ten o'clock in Berlin in May."""
        assert "\r\nDTSTART:20240513T080000Z\r\nDTEND:20240513T085000Z\r\n" in feed("Studio", [visit()])

    def test_of_nobody_is_a_calendar_too(self) -> None:
        assert Calendar.from_ical(feed("Studio", [])).walk("VEVENT") == []


class TestInvitation:
    def test_says_who_and_when_to_another_reader(self) -> None:
        message = invitation(
            visit(version=3, description="2024-05-13 10:00 CEST"),
            Person("Studio; Mitte", "noa@example.org"),
            Person("דנה כהן", "dana@example.org"),
        )

        calendar: Any = Calendar.from_ical(message)
        [event] = calendar.walk("VEVENT")
        assert (str(calendar["METHOD"]), str(event["STATUS"]), int(event["SEQUENCE"])) == ("REQUEST", "CONFIRMED", 2)
        assert (event["DTSTART"].dt, event["DTEND"].dt) == (TEN, TEN + timedelta(minutes=50))
        assert (str(event["ORGANIZER"]), event["ORGANIZER"].params["CN"]) == ("mailto:noa@example.org", "Studio; Mitte")
        assert (str(event["ATTENDEE"]), event["ATTENDEE"].params["CN"]) == ("mailto:dana@example.org", "דנה כהן")

    def test_calls_off_what_does_not_stand(self) -> None:
        message = invitation(visit(is_cancelled=True), Person("Studio", None), Person(None, None))

        assert "\r\nMETHOD:CANCEL\r\n" in message
        assert "\r\nSTATUS:CANCELLED\r\n" in message
        assert '\r\nORGANIZER;CN="Studio":invalid:nomail\r\n' in message


class TestTimesForPeople:
    """EC-15: never a bare UTC time, never a time without its zone."""

    @pytest.mark.parametrize(
        ("clinic", "patient", "expected"),
        [
            ("Europe/Berlin", None, "2024-05-13 10:00 CEST"),
            ("Europe/Berlin", "Europe/Paris", "2024-05-13 10:00 CEST"),
            ("Europe/Berlin", "America/New_York", "2024-05-13 04:00 EDT (10:00 CEST at the clinic)"),
            (
                "Europe/Berlin",
                "Pacific/Honolulu",
                "2024-05-12 22:00 HST (2024-05-13 10:00 CEST at the clinic)",
            ),
            ("Asia/Kathmandu", None, "2024-05-13 13:45 UTC+05:45"),
        ],
    )
    def test_name_their_zone_and_the_other_date(self, clinic: str, patient: str | None, expected: str) -> None:
        assert spoken(TEN, clinic, patient) == expected


class TestOwnVisits:
    def test_are_known_by_their_uid(self) -> None:
        other = UUID("01980c5a-0000-7000-8000-00000000000f")

        assert is_own(TENANT, uid_of(TENANT, VISIT))
        assert is_own(TENANT, f" {uid_of(TENANT, VISIT).upper()} ")
        assert not is_own(other, uid_of(TENANT, VISIT))
        assert not is_own(TENANT, "holiday@example.org")
