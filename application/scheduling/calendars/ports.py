"""What the use cases of calendars need from outside."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from application.scheduling.calendars.calendar_visit import CalendarVisit, Person
from domain.kernel.time_range import TimeRange

MOST_OCTETS: Final = 2 * 1024 * 1024
"""Of one file: some 8,000 events as Google writes them."""


class LeftOut(StrEnum):
    """Why an event is no busy time."""

    OWN = "own"
    CANCELLED = "cancelled"
    FREE = "free"
    NO_TIME = "no_time"
    NOT_THEN = "not_then"
    TOO_LONG = "too_long"
    UNKNOWN_ZONE = "unknown_zone"
    UNSUPPORTED_RULE = "unsupported_rule"
    UNREADABLE = "unreadable"


@dataclass(slots=True)
class BusyTimes:
    """The busy times of a file.

    Each is keyed by its event's UID and, where the event repeats, by the original start of the
    occurrence: the key stays the same when the time moves. ``left_out`` counts events by reason.
    """

    times: dict[tuple[str, str], TimeRange] = field(default_factory=dict)
    left_out: Counter[LeftOut] = field(default_factory=Counter)


class CalendarReader(Protocol):
    """Reads other programs' calendars. The cost of reading is bounded, whatever the file contains."""

    def busy_times(self, octets: bytes, zone: str, within: TimeRange, tenant_id: UUID) -> BusyTimes:
        """Return the busy times that overlap ``within``; ``zone`` is that of times without a zone.

        An event that is cancelled, free, unreadable or one of the practice's own visits is left out.
        Raises UnreadableCalendarError, CalendarTooLargeError: the file is refused as a whole.
        """
        ...


class CalendarWriter(Protocol):
    """Writes visits for other programs. The same input gives the same text."""

    def feed(self, name: str, visits: Iterable[CalendarVisit]) -> str:
        """Return a calendar to subscribe to; clients are asked to refresh it hourly."""
        ...

    def invitation(self, visit: CalendarVisit, organizer: Person, attendee: Person) -> str:
        """Return the message that adds a visit to the attendee's calendar, updates it, or cancels it there."""
        ...
