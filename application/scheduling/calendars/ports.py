"""Ports of calendars."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from application.scheduling.calendars.calendar_visit import CalendarVisit, Person
from domain.kernel.time_range import TimeRange

MAX_OCTETS: Final = 2 * 1024 * 1024
"""Per file; about 8,000 events of Google Calendar."""


class LeftOut(StrEnum):
    """Why an event is not imported."""

    OWN = "own"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    FREE = "free"
    NO_TIME = "no_time"
    NOT_THEN = "not_then"
    TOO_LONG = "too_long"
    UNKNOWN_ZONE = "unknown_zone"
    UNSUPPORTED_RULE = "unsupported_rule"
    UNREADABLE = "unreadable"


NOT_UNDERSTOOD: Final = frozenset(
    {LeftOut.TOO_LONG, LeftOut.UNKNOWN_ZONE, LeftOut.UNSUPPORTED_RULE, LeftOut.UNREADABLE}
)
"""Why an event may take time that is not known."""


@dataclass(slots=True)
class BusyTimes:
    """The busy times of a file; ``left_out`` counts skipped events by reason.

    A key is the event's UID and, for a recurring event, the original start of the occurrence: it
    does not change when the time moves. ``not_understood`` are the UIDs of events that have times
    which could not be read.
    """

    times: dict[tuple[str, str], TimeRange] = field(default_factory=dict)
    left_out: Counter[LeftOut] = field(default_factory=Counter)
    not_understood: set[str] = field(default_factory=set)


class CalendarReader(Protocol):
    """Reads iCalendar files at a bounded cost, whatever they contain."""

    def busy_times(
        self, octets: bytes, zone: str, within: TimeRange, tenant_id: UUID, own_address: str | None = None
    ) -> BusyTimes:
        """Return the busy times that overlap ``within``; ``zone`` applies to times without a zone.

        Skips events that are cancelled, free, unreadable or visits of this practice, and those that
        the attendee with ``own_address`` has declined.
        Raises UnreadableCalendarError, CalendarTooLargeError.
        """
        ...


class CalendarWriter(Protocol):
    """Writes visits as iCalendar. The same input gives the same text."""

    def feed(self, name: str, visits: Iterable[CalendarVisit]) -> str:
        """Return a calendar for subscriptions, with an hourly refresh interval."""
        ...

    def invitation(self, visit: CalendarVisit, organizer: Person, attendee: Person) -> str:
        """Return the message that adds, updates or cancels a visit in the attendee's calendar."""
        ...
