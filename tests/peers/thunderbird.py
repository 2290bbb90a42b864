"""Thunderbird Appointment's schedules: valid hours, slots, busy slots and bookings."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from domain.kernel.errors import InvalidValueError
from domain.practice.weekly_hours import WEEKDAYS, OpeningHours
from domain.scheduling.availability.query import AvailabilityQuery, Place, VisitRules
from tests.peers.replay import Case, Verdict, claim, instant, named, offered_starts, open_during

Books: TypeAlias = Callable[[OpeningHours, str, int, datetime], bool]
"""Return whether our command books a visit, by hours, zone, minutes and start."""
_DAY = timedelta(days=1)


def replay(case: Case, books: Books) -> Verdict:
    request, expected = case["input"], case["expected"]
    match case["function"]:
        case "all_availability_is_valid":
            return Verdict(_is_valid(request["schedule"]), expected)
        case "available_slots_from_schedule":
            return Verdict(_slots(case), [instant(each) for each in expected])
        case "events_roll_up_difference":
            return Verdict(_free(request), [instant(each["start"]) for each in _unbooked(expected)])
        case _:
            return Verdict(_is_bookable(request, books), expected)


def _is_valid(schedule: Case) -> bool:
    zone = schedule["timezone"] or "UTC"
    on = datetime.fromisoformat(schedule["start_date"]).replace(tzinfo=UTC)
    try:
        OpeningHours.parse(_weekly(schedule["availabilities"], zone, on))
    except InvalidValueError:
        return False
    return True


def _slots(case: Case) -> list[datetime]:
    """``day`` selects a day regardless of the clock; without it the schedule's bounds apply."""
    schedule, day = case["input"]["schedule"], case["input"]["day"]
    zone = schedule["owner_timezone"]
    times = f"{schedule['start_time_local'][:5]}-{schedule['end_time_local'][:5]}"
    hours = OpeningHours.parse([f"{WEEKDAYS[number - 1]} {times}" for number in schedule["weekdays"]])
    minutes, now = schedule["slot_duration"], instant(case["now"])
    if day is not None:
        begins = datetime.fromisoformat(day).astimezone(ZoneInfo(zone)).replace(hour=0, minute=0)
        window = begins.astimezone(UTC), (begins + _DAY).astimezone(UTC)
        return offered_starts([_question(hours, zone, minutes, window[0] - _DAY)], window)
    days = schedule["farthest_booking"] // 1440
    window = now, now + timedelta(days=days + 1)
    if schedule["end_date"]:
        last = datetime.fromisoformat(schedule["end_date"]).replace(tzinfo=ZoneInfo(zone))
        window = now, min(window[1], last.astimezone(UTC))
    return offered_starts([_question(hours, zone, minutes, now, schedule["earliest_booking"], days)], window)


def _free(request: Case) -> list[datetime]:
    """Return the slots that we offer beside busy times, each queried alone, without seconds."""
    slots = [(instant(each["start"]), each["duration"]) for each in request["slots"]]
    moved = timedelta(seconds=slots[0][0].second, microseconds=slots[0][0].microsecond)
    busy = [claim(named("owner"), (instant(e["start"]) - moved, instant(e["end"]) - moved)) for e in request["busy"]]
    free = []
    for start, minutes in slots:
        begins = start - moved
        hours = open_during([(begins, begins + timedelta(minutes=minutes))])
        question = _question(hours, "UTC", minutes, begins - _DAY)
        window = begins, begins + timedelta(minutes=1)
        if offered_starts(
            [AvailabilityQuery(now=question.now, rules=question.rules, places=question.places, busy=busy)], window
        ):
            free.append(start)
    return free


def _unbooked(expected: Sequence[Case]) -> list[Case]:
    return [each for each in expected if each["booking_status"] != "booked"]


def _is_bookable(request: Case, books: Books) -> bool:
    """Theirs looks at the schedule alone, never at the clock: so ours is asked on the day before.

    A visit lasts as long as its service, so one of another length is none that could be booked.
    """
    schedule, slot = request["schedule"], request["slot"]
    if slot["duration"] != schedule["slot_duration"]:
        return False
    zone, updated = schedule["timezone"], instant(schedule["time_updated"])
    if schedule["use_custom_availabilities"]:
        weekly = _weekly(schedule["availabilities"], zone, updated)
    else:
        times = _times(schedule, zone, updated)
        weekly = [f"{WEEKDAYS[number - 1]} {times}" for number in schedule["weekdays"]]
    return books(OpeningHours.parse(weekly), zone, slot["duration"], instant(slot["start"]))


def _weekly(availabilities: Sequence[Case], zone: str, on: datetime) -> list[str]:
    return [f"{each['day_of_week'][:3]} {_times(each, zone, on)}" for each in availabilities]


def _times(hours: Case, zone: str, on: datetime) -> str:
    """They keep hours in UTC, by the offset that the zone had when they were set."""
    local = [
        datetime.combine(on.date(), time.fromisoformat(hours[name]), UTC).astimezone(ZoneInfo(zone))
        for name in ("start_time", "end_time")
    ]
    return "-".join(f"{moment:%H:%M}" for moment in local)


def _question(
    hours: OpeningHours, zone: str, minutes: int, now: datetime, notice: int = 0, horizon: int = 1000
) -> AvailabilityQuery:
    rules = VisitRules(
        duration_minutes=minutes, step_minutes=minutes, minimum_notice_minutes=notice, horizon_days=horizon
    )
    return AvailabilityQuery(
        now=now, rules=rules, places=[Place(location_id=named("place"), zone=zone, hours=hours)], zone=zone
    )
