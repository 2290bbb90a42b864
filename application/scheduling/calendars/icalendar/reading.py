"""iCalendar as components and properties: as much of RFC 5545's grammar as it takes to know when somebody is busy, and no more.

Properties that do not matter are not looked at, so that what others write wrongly in them does no harm. All is bounded: octets,
components, how deep they lie in each other.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from application.scheduling.calendars.icalendar.errors import CalendarTooLargeError, UnreadableCalendarError

MOST_OCTETS: Final = 2 * 1024 * 1024
"""Some 8,000 events as Google writes them."""
_MOST_COMPONENTS: Final = 20_000
_DEEPEST: Final = 8

_READ: Final = frozenset(
    b"UID RECURRENCE-ID SEQUENCE DTSTART DTEND DURATION RRULE EXRULE RDATE EXDATE STATUS TRANSP X-MICROSOFT-CDO-BUSYSTATUS"
    b" TZID TZOFFSETFROM TZOFFSETTO X-LIC-LOCATION X-WR-TIMEZONE BEGIN END".split()
)
_NAME: Final = re.compile(rb"[A-Za-z0-9-]+")
_PARAMETER: Final = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";:,]*)((?:,(?:"[^"]*"|[^";:,]*))*)')


class Property(NamedTuple):
    """A content line: parameters by their names in capitals, the first value of each."""

    name: str
    parameters: Mapping[str, str]
    value: str


@dataclass(slots=True)
class Component:
    name: str
    properties: list[Property] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Property]:
        return (each for each in self.properties if each.name == name)

    def one(self, name: str) -> Property | None:
        """Return the first property of a name; None if there is none."""
        return next(self.all(name), None)

    def said(self, name: str) -> str:
        """Return a property's value as it stands; empty if there is none."""
        found = self.one(name)
        return found.value.strip() if found else ""


def calendars_in(octets: bytes) -> list[Component]:
    """Return the calendars of a file. Raises UnreadableCalendarError: there is none, or one is not whole; CalendarTooLargeError."""
    if len(octets) > MOST_OCTETS:
        raise CalendarTooLargeError(f"a calendar has at most {MOST_OCTETS // 1024 // 1024} MiB")
    root = Component("")
    open_ones, count = [root], 0
    for name, line in _lines(octets):
        if name == "BEGIN":
            count += 1
            if count > _MOST_COMPONENTS or len(open_ones) > _DEEPEST:
                raise CalendarTooLargeError(f"a calendar has at most {_MOST_COMPONENTS} components")
            component = Component(line.partition(":")[2].strip().upper())
            open_ones[-1].parts.append(component)
            open_ones.append(component)
        elif name == "END":
            if open_ones[-1].name != line.partition(":")[2].strip().upper() or len(open_ones) == 1:
                raise UnreadableCalendarError("a component of the calendar does not end where it must")
            open_ones.pop()
        elif len(open_ones) > 1 and (read := _property(name, line)) is not None:
            open_ones[-1].properties.append(read)
    if len(open_ones) > 1:
        raise UnreadableCalendarError("the calendar breaks off before its end")
    found = [component for component in root.parts if component.name == "VCALENDAR"]
    if not found:
        raise UnreadableCalendarError("this is no iCalendar: nothing begins with BEGIN:VCALENDAR")
    return found


def _lines(octets: bytes) -> Iterator[tuple[str, str]]:
    """Yield the names, in capitals, and the unfolded lines that matter. They are unfolded as octets: a fold may part a letter."""
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        octets = octets.decode("utf-16", "replace").encode()
    whole = octets.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for line in whole.replace(b"\n ", b"").replace(b"\n\t", b"").split(b"\n"):
        found = _NAME.match(line)
        if found and (name := found[0].upper()) in _READ:
            yield name.decode(), line.decode("utf-8", "replace")


def _property(name: str, line: str) -> Property | None:
    """Return the property; None where the line cannot be taken apart, as if it were not there."""
    place, parameters = len(name), dict[str, str]()
    while found := _PARAMETER.match(line, place):
        parameters.setdefault(found[1].upper(), found[2].strip('"'))
        place = found.end()
    if line[place : place + 1] != ":":
        return None
    return Property(name, parameters, line[place + 1 :])
