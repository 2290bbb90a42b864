"""Writes iCalendar (RFC 5545); the library ``icalendar`` quotes and folds."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from icalendar.parser import Contentline, param_value

from application.scheduling.calendars.calendar_visit import CalendarVisit, Person

_MAX_OCTETS: Final = 75
# RFC 5545, section 3.3.11. The library (7.3) would write a backslash before an N as a line break.
_ESCAPES: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_HEAD: Final = (
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Patient and Studio Scheduler//EN",
    "CALSCALE:GREGORIAN",
)
_NO_ADDRESS: Final = "invalid:nomail"
"""What Exchange writes for a person without an address."""


class IcalendarWriter:
    """Implements CalendarWriter."""

    def feed(self, name: str, visits: Iterable[CalendarVisit]) -> str:
        lines = [
            *_HEAD,
            f"NAME:{text(name)}",
            f"X-WR-CALNAME:{text(name)}",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
        ]
        for visit in visits:
            lines += _event(visit)
        return written([*lines, "END:VCALENDAR"])

    def invitation(self, visit: CalendarVisit, organizer: Person, attendee: Person) -> str:
        people = [
            f"ORGANIZER{_name(organizer)}:{_address(organizer)}",
            f"ATTENDEE{_name(attendee)};ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE:{_address(attendee)}",
        ]
        method = "CANCEL" if visit.is_cancelled else "REQUEST"
        return written([*_HEAD, f"METHOD:{method}", *_event(visit, people), "END:VCALENDAR"])


def written(lines: Iterable[str]) -> str:
    """Return content lines as one text, folded at 75 octets and ended with CRLF."""
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def text(value: str) -> str:
    """Return a TEXT value, escaped."""
    return _printable(value).translate(_ESCAPES)


def parameter(value: str) -> str:
    """Return a parameter value, quoted and escaped (RFC 6868)."""
    return param_value(_printable(value), always_quote=True)


def _event(visit: CalendarVisit, people: Sequence[str] = ()) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{visit.uid}"
    yield f"DTSTAMP:{_instant(visit.revised_at)}"
    # Every event of a visit increases its version, so no sequence number is used twice.
    yield f"SEQUENCE:{visit.version - 1}"
    yield f"DTSTART:{_instant(visit.starts_at)}"
    yield f"DTEND:{_instant(visit.ends_at)}"
    yield f"SUMMARY:{text(visit.summary)}"
    if visit.location is not None:
        yield f"LOCATION:{text(visit.location)}"
    if visit.description is not None:
        yield f"DESCRIPTION:{text(visit.description)}"
        yield "CLASS:PRIVATE"
    yield f"STATUS:{'CANCELLED' if visit.is_cancelled else 'CONFIRMED'}"
    yield "TRANSP:OPAQUE"
    yield from people
    yield "END:VEVENT"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _name(person: Person) -> str:
    return f";CN={parameter(person.name)}" if person.name else ""


def _address(person: Person) -> str:
    return f"mailto:{person.email}" if person.email else _NO_ADDRESS


def _printable(value: str) -> str:
    """Return the text with one kind of line break and without other control characters."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in lines if letter in "\n\t" or (letter >= " " and letter != "\x7f"))


def _folded(line: str) -> str:
    # The library takes 15 times as long for short lines: 0.6 s more for a feed of 10,000 visits.
    if len(line.encode()) <= _MAX_OCTETS:
        return line
    folded: bytes = Contentline(line).to_ical()  # type: ignore[no-untyped-call]  # not typed in icalendar 7.3
    return folded.decode()
