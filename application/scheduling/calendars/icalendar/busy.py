"""When somebody is busy, as another calendar says: every time within a window, each under a name that stays its own.

Events that are cancelled, marked free, or our own visits come back are no busy time. An event that cannot be read is left out, and counted
under the reason; the others are not touched by it.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from application.scheduling.calendars.icalendar.errors import CalendarTooLargeError
from application.scheduling.calendars.icalendar.events import LONGEST, CalendarEvent
from application.scheduling.calendars.icalendar.reading import Component, calendars_in
from application.scheduling.calendars.icalendar.rules import Budget, UnsupportedRuleError
from application.scheduling.calendars.icalendar.visits import is_own
from application.scheduling.calendars.icalendar.zone_definitions import Clocks, UnknownZoneNameError
from domain.kernel.time_range import TimeRange

MOST_TIMES: Final = 5_000
"""Of one calendar at once: ten a working day, for two years."""
MOST_DAYS: Final = 400_000
"""That rules may look at, which takes about a second."""


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
    """Times by their names: the event's UID and, where it repeats, which time it was first. ``left_out`` counts events by reason."""

    times: dict[tuple[str, str], TimeRange] = field(default_factory=dict)
    left_out: Counter[LeftOut] = field(default_factory=Counter)


def busy_times(octets: bytes, zone: str, within: TimeRange, tenant_id: UUID) -> BusyTimes:
    """Read a calendar. ``zone`` is whose clock counts for times that name none.

    Raises UnreadableCalendarError: it is no whole iCalendar; CalendarTooLargeError: too many octets, components, repetitions or times.
    """
    found, budget = BusyTimes(), Budget(MOST_DAYS)
    for calendar in calendars_in(octets):
        clocks = Clocks(calendar, zone, within.ends_at + LONGEST, budget)
        events: defaultdict[str, list[Component]] = defaultdict(list)
        for place, part in enumerate(calendar.parts):
            if part.name == "VEVENT":
                # An event without a UID is none by the standard, and is still something that somebody does.
                events[part.said("UID") or f"\n{place}"].append(part)
        for uid, parts in events.items():
            _read(uid, parts, clocks, within, budget, tenant_id, found)
    return found


def _read(
    uid: str,
    parts: list[Component],
    clocks: Clocks,
    within: TimeRange,
    budget: Budget,
    tenant_id: UUID,
    found: BusyTimes,
) -> None:
    if is_own(tenant_id, uid):
        found.left_out[LeftOut.OWN] += len(parts)
        return
    reason, times = _times(uid, parts, clocks, within, budget)
    if reason is not None:
        found.left_out[reason] += 1
        return
    for name, during in times.items():
        if during.duration > LONGEST:
            found.left_out[LeftOut.TOO_LONG] += 1
        else:
            found.times[name] = during
            if len(found.times) > MOST_TIMES:
                raise CalendarTooLargeError(f"a calendar has at most {MOST_TIMES} busy times from now to two years on")


def _times(
    uid: str, parts: list[Component], clocks: Clocks, within: TimeRange, budget: Budget
) -> tuple[LeftOut | None, dict[tuple[str, str], TimeRange]]:
    """Return an event's times, or why there are none."""
    try:
        event = CalendarEvent(parts, clocks)
        if not event.is_standing:
            return LeftOut.CANCELLED, {}
        if not event.is_busy:
            return LeftOut.FREE, {}
        times = {(uid, name): during for name, during in event.times(within, budget)}
    except UnknownZoneNameError:
        return LeftOut.UNKNOWN_ZONE, {}
    except UnsupportedRuleError:
        return LeftOut.UNSUPPORTED_RULE, {}
    except (ValueError, OverflowError):
        return LeftOut.UNREADABLE, {}
    if not times:
        return (LeftOut.NO_TIME if event.takes_no_time else LeftOut.NOT_THEN), {}
    return None, times
