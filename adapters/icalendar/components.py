"""Parses iCalendar into components and properties (RFC 5545, section 3.1).

Only properties that determine busy time are parsed, so errors in others are ignored. Octets,
components and nesting are limited, and an incomplete file is refused. The library ``icalendar`` has
no such limits, and expands time zones while it parses: see docs/adr/0040.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from application.scheduling.calendars.errors import CalendarTooLargeError, UnreadableCalendarError
from application.scheduling.calendars.ports import MAX_OCTETS

_MAX_COMPONENTS: Final = 20_000
_DEEPEST: Final = 8

_PARSED: Final = frozenset(
    b"UID RECURRENCE-ID SEQUENCE DTSTART DTEND DURATION RRULE EXRULE RDATE EXDATE STATUS TRANSP X-MICROSOFT-CDO-BUSYSTATUS"
    b" ATTENDEE METHOD TZID TZOFFSETFROM TZOFFSETTO X-LIC-LOCATION X-WR-TIMEZONE BEGIN END".split()
)
_NAME: Final = re.compile(rb"[A-Za-z0-9-]+")
_PARAMETER: Final = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";:,]*)((?:,(?:"[^"]*"|[^";:,]*))*)')
_TIMES: Final = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"})
_PARAMETER_OF_TIMES: Final = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";]*)')
"""Some programs do not quote a TZID with colons and commas; times contain no colon."""


class Property(NamedTuple):
    """A content line; ``parameters`` has the first value of each, by its name in capitals."""

    name: str
    parameters: Mapping[str, str]
    value: str


@dataclass(slots=True)
class Component:
    name: str
    properties: list[Property] = field(default_factory=list)
    children: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Property]:
        return (each for each in self.properties if each.name == name)

    def first(self, name: str) -> Property | None:
        return next(self.all(name), None)

    def text(self, name: str) -> str:
        """Return the value of the first property of a name; empty if there is none."""
        found = self.first(name)
        return found.value.strip() if found else ""


def calendars_in(octets: bytes) -> list[Component]:
    """Return the calendars of a file.

    Raises UnreadableCalendarError: there is none, or one is incomplete; CalendarTooLargeError.
    """
    if len(octets) > MAX_OCTETS:
        raise CalendarTooLargeError(f"a calendar has at most {MAX_OCTETS // 1024 // 1024} MiB")
    root = Component("")
    path, count = [root], 0
    for name, line in _lines(octets):
        if name == "BEGIN":
            count += 1
            if count > _MAX_COMPONENTS or len(path) > _DEEPEST:
                raise CalendarTooLargeError(f"a calendar has at most {_MAX_COMPONENTS} components")
            component = Component(line.partition(":")[2].strip().upper())
            path[-1].children.append(component)
            path.append(component)
        elif name == "END":
            if path[-1].name != line.partition(":")[2].strip().upper() or len(path) == 1:
                raise UnreadableCalendarError("a component of the calendar ends in the wrong place")
            path.pop()
        elif len(path) > 1 and (parsed := _property(name, line)) is not None:
            path[-1].properties.append(parsed)
    if len(path) > 1:
        raise UnreadableCalendarError("the calendar is incomplete")
    found = [component for component in root.children if component.name == "VCALENDAR"]
    if not found:
        raise UnreadableCalendarError("this is not an iCalendar file: BEGIN:VCALENDAR is missing")
    return found


def _lines(octets: bytes) -> Iterator[tuple[str, str]]:
    """Yield each parsed line with its name in capitals.

    A fold may split a letter, so octets are unfolded.
    """
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        octets = octets.decode("utf-16", "replace").encode()
    whole = octets.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for line in whole.replace(b"\n ", b"").replace(b"\n\t", b"").split(b"\n"):
        found = _NAME.match(line)
        if found and (name := found[0].upper()) in _PARSED:
            yield name.decode(), line.decode("utf-8", "replace")


def _property(name: str, line: str) -> Property | None:
    """Return the property; None if the line is malformed."""
    pattern, ends = (_PARAMETER_OF_TIMES, line.rfind(":")) if name in _TIMES else (_PARAMETER, len(line))
    place, parameters = len(name), dict[str, str]()
    while found := pattern.match(line, place, max(place, ends)):
        parameters.setdefault(found[1].upper(), found[2].strip('"'))
        place = found.end()
    if line[place : place + 1] != ":":
        return None
    return Property(name, parameters, line[place + 1 :])
