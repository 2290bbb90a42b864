"""Reads the busy times of another program's calendar."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from adapters.icalendar.components import calendars_in
from adapters.icalendar.events import LONGEST, CalendarEvent, EventPart
from adapters.icalendar.rules import Budget
from adapters.icalendar.time_zones import Clocks, UnknownZoneNameError
from application.kernel.ports import Calculator
from application.scheduling.calendars.calendar_visit import is_own
from application.scheduling.calendars.errors import CalendarTooLargeError
from application.scheduling.calendars.ports import NOT_UNDERSTOOD, BusyTimes, LeftOut
from domain.kernel.time_range import TimeRange
from domain.scheduling.series.recurrence import UnsupportedRuleError

_MAX_TIMES: Final = 5_000
"""Of one file: ten a working day, for two years."""
_MAX_DAYS: Final = 200_000
"""How many days the rules of one file may examine: less than a second of work."""


class IcalendarReader:
    """Implements CalendarReader."""

    def busy_times(
        self, octets: bytes, zone: str, within: TimeRange, tenant_id: UUID, own_address: str | None = None
    ) -> BusyTimes:
        found, budget = BusyTimes(), Budget(_MAX_DAYS)
        # One file may hold an invitation and its cancellation, each in a calendar of its own.
        events: defaultdict[str, list[EventPart]] = defaultdict(list)
        for calendar in calendars_in(octets):
            clocks = Clocks(calendar, zone, within.ends_at + LONGEST, budget)
            cancels = calendar.text("METHOD").upper() == "CANCEL"
            for component in calendar.children:
                if component.name == "VEVENT":
                    # The standard requires a UID, but an event without one is busy time too.
                    uid = component.text("UID") or f"\n{len(events)}"
                    events[uid].append(EventPart(component, clocks, cancels))
        for uid, parts in events.items():
            if is_own(tenant_id, uid):
                found.left_out[LeftOut.OWN] += len(parts)
            else:
                _add(uid, _times(parts, own_address, within, budget), found)
        return found


class CalculatedIcalendarReader:
    """Implements CalendarReader outside this process."""

    def __init__(self, calculator: Calculator) -> None:
        self._calculator = calculator

    def busy_times(
        self, octets: bytes, zone: str, within: TimeRange, tenant_id: UUID, own_address: str | None = None
    ) -> BusyTimes:
        """Also raises what ``Calculator.run`` raises."""
        return self._calculator.run(IcalendarReader().busy_times, octets, zone, within, tenant_id, own_address)


def _add(uid: str, times: Mapping[str, TimeRange] | LeftOut, found: BusyTimes) -> None:
    if isinstance(times, LeftOut):
        found.left_out[times] += 1
        if times in NOT_UNDERSTOOD:
            found.not_understood.add(uid)
        return
    for name, during in times.items():
        if during.duration > LONGEST:
            found.left_out[LeftOut.TOO_LONG] += 1
            found.not_understood.add(uid)
        else:
            found.times[uid, name] = during
            if len(found.times) > _MAX_TIMES:
                raise CalendarTooLargeError(f"a calendar has at most {_MAX_TIMES} busy times in the next two years")


def _times(
    parts: Sequence[EventPart], own_address: str | None, within: TimeRange, budget: Budget
) -> Mapping[str, TimeRange] | LeftOut:
    """Return an event's times, or the reason why there are none."""
    try:
        event = CalendarEvent(parts, own_address)
        if event.is_cancelled:
            return LeftOut.CANCELLED
        if not event.is_busy:
            return LeftOut.DECLINED if event.is_declined else LeftOut.FREE
        if event.takes_no_time:
            return LeftOut.NO_TIME
        times = dict(event.times(within, budget))
    except UnknownZoneNameError:
        return LeftOut.UNKNOWN_ZONE
    except UnsupportedRuleError:
        return LeftOut.UNSUPPORTED_RULE
    except (ValueError, OverflowError):
        return LeftOut.UNREADABLE
    return times or LeftOut.NOT_THEN
