"""Visits and sessions as other calendars know them: one UID for ever, and a number that rises with each change."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from application.scheduling.calendars.icalendar.writing import instant, parameter, text, written
from domain.kernel.zones import spoken_dates, spoken_time

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
_PRODUCT: Final = "-//Patient and Studio Scheduler//EN"
_NOBODY: Final = "invalid:nomail"
"""The address of somebody whose address is not known; what Exchange writes."""


class Person(NamedTuple):
    """Somebody at a visit, as far as may be told."""

    name: str | None
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarVisit:
    """A visit or a session, and what may be told of it. It came to ``version`` at ``revised_at``, and has been what it is since."""

    uid: str
    version: int
    revised_at: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str | None = None
    description: str | None = None
    is_cancelled: bool = False

    def lines(self, people: Sequence[str] = ()) -> Iterator[str]:
        """Yield the event. ``people`` are lines about who takes part."""
        yield "BEGIN:VEVENT"
        yield f"UID:{self.uid}"
        yield f"DTSTAMP:{instant(self.revised_at)}"
        # Every fact of a visit raises it, an undo too: a number that once was sent is never sent for something else.
        yield f"SEQUENCE:{self.version - 1}"
        yield f"DTSTART:{instant(self.starts_at)}"
        yield f"DTEND:{instant(self.ends_at)}"
        yield f"SUMMARY:{text(self.summary)}"
        if self.location is not None:
            yield f"LOCATION:{text(self.location)}"
        if self.description is not None:
            yield f"DESCRIPTION:{text(self.description)}"
            yield "CLASS:PRIVATE"
        yield f"STATUS:{'CANCELLED' if self.is_cancelled else 'CONFIRMED'}"
        yield "TRANSP:OPAQUE"
        yield from people
        yield "END:VEVENT"


def uid_of(tenant_id: UUID, id_: UUID) -> str:
    """Return what a visit or a session is known by in every calendar, for ever."""
    return f"{id_}@{tenant_id}"


def is_own(tenant_id: UUID, uid: str) -> bool:
    """Tell whether a UID is of a visit or a session of this practice, and so of something that came back."""
    return uid.strip().lower().endswith(f"@{tenant_id}")


def spoken(starts_at: datetime, clinic_zone: str, patient_zone: str | None) -> str:
    """Return date and time as people should read them, never without the zone: ``2024-05-13 04:00 EDT (10:00 CEST at the clinic)``."""
    at_home, at_clinic = spoken_dates(starts_at, clinic_zone, patient_zone)
    clock = spoken_time(starts_at, clinic_zone, patient_zone)
    if at_home != at_clinic:
        clock = clock.replace("(", f"({at_clinic} ")
    return f"{at_home} {clock}"


def feed(name: str, visits: Iterable[CalendarVisit]) -> str:
    """Return a calendar to subscribe to; programs are asked to look again each hour."""
    lines = [
        *_head(),
        f"NAME:{text(name)}",
        f"X-WR-CALNAME:{text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    for visit in visits:
        lines += visit.lines()
    return written([*lines, "END:VCALENDAR"])


def invitation(visit: CalendarVisit, organizer: Person, attendee: Person) -> str:
    """Return the message that puts a visit into the attendee's calendar, moves it there, or takes it out."""
    people = [
        f"ORGANIZER{_name(organizer)}:{_address(organizer)}",
        f"ATTENDEE{_name(attendee)};ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE:{_address(attendee)}",
    ]
    method = "CANCEL" if visit.is_cancelled else "REQUEST"
    return written([*_head(), f"METHOD:{method}", *visit.lines(people), "END:VCALENDAR"])


def _head() -> tuple[str, ...]:
    return ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{_PRODUCT}", "CALSCALE:GREGORIAN")


def _name(person: Person) -> str:
    return f";CN={parameter(person.name)}" if person.name else ""


def _address(person: Person) -> str:
    return f"mailto:{person.email}" if person.email else _NOBODY
