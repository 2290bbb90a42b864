"""cal.com's ``getSchedule``: slots by event types, schedules, bookings and limits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.kernel.time_range import TimeRange
from domain.practice.dated_hours import DatedHours
from domain.practice.weekly_hours import WEEKDAYS, Hours, OpeningHours
from domain.scheduling.availability.query import AvailabilityQuery, Candidate, Period, Place, Quota, VisitRules
from domain.scheduling.time_claim import TimeClaim
from tests.peers.calcom_grid import aligned
from tests.peers.replay import (
    NOT_EXPRESSIBLE,
    Case,
    Range,
    Verdict,
    claim,
    free_ranges,
    instant,
    last_moment,
    named,
    offered_starts,
    required,
)  # fmt: skip

_DAY = timedelta(days=1)


@dataclass
class CalcomScenario:
    """The scenario as it stands, and what somebody's calendar elsewhere says is busy."""

    scenario: Case = field(default_factory=dict)
    elsewhere: list[Range] = field(default_factory=list)

    def take(self, step: Case) -> None:
        if "scenario" in step:
            self.scenario = step["scenario"]
        elif step["setup"] in ("getBusyCalendarTimes", "mockCalendar"):
            busy = step["args"][0] if step["setup"] == "getBusyCalendarTimes" else step["args"][1]["busySlots"]
            self.elsewhere = [(instant(each["start"]), last_moment(instant(each["end"]))) for each in busy]

    def schedules(self) -> dict[int, Case]:
        """Schedules without a number are numbered in their order."""
        listed = [schedule for user in self.scenario["users"] for schedule in user["schedules"]]
        return {schedule.get("id", number): schedule for number, schedule in enumerate(listed, start=1)}

    def user(self, id: int) -> Case | None:
        return next((user for user in self.scenario["users"] if user["id"] == id), None)


def replay(case: Case) -> Verdict:
    """``exact`` requires equal slots; without it the expected slots must begin the list."""
    scenario = CalcomScenario()
    answers: dict[int, list[datetime] | str] = {}
    zones: dict[int, str] = {}
    for step in case["steps"]:
        if "query" in step:
            zones[step["query"]] = step["input"]["timeZone"]
            answers[step["query"]] = _answer(scenario, step)
        else:
            scenario.take(step)
    ours, theirs = [], []
    for expected in case["expect"]:
        found = answers[expected["query"]]
        if isinstance(found, str):
            return Verdict(found, case["expect"])
        shown, wanted = _compared(expected, found, zones[expected["query"]])
        ours.append(shown)
        theirs.append(wanted)
    return Verdict(ours, theirs)


def _compared(expected: Case, found: Sequence[datetime], zone: str) -> tuple[object, object]:
    if expected["check"] == "slotCountOnLocalDate":
        count = sum(
            f"{start.astimezone(ZoneInfo(expected['time_zone'])):%Y-%m-%d}" in expected["local_dates"]
            for start in found
        )
        return (count > 0, True) if expected["count"] == ">0" else (count, expected["count"])
    if expected["check"] == "toContain":
        return instant(expected["args"][0]) in found, True
    if expected["check"] not in ("toHaveTimeSlots", "toHaveDateDisabled"):
        return NOT_EXPRESSIBLE, expected
    day = expected["date"]
    shown = [start for start in found if f"{start.astimezone(ZoneInfo(zone)):%Y-%m-%d}" == day]
    wanted = [instant(text if "T" in text else f"{day}T{text}") for text in expected.get("slots", ())]
    if expected.get("negated"):
        return shown[: len(wanted)] != wanted, True
    if expected["check"] == "toHaveTimeSlots" and not expected["exact"] and shown:
        wanted = wanted[: max(len(shown), 1)]
    return shown, wanted


def _answer(scenario: CalcomScenario, step: Case) -> list[datetime] | str:
    request = step["input"]
    kinds = scenario.scenario["eventTypes"]
    kind = next((each for each in kinds if each["id"] == request.get("eventTypeId")), kinds[0])
    if kind.get("seatsPerTimeSlot") or (kind.get("useBookerTimezone") and kind.get("restrictionScheduleId")):
        return NOT_EXPRESSIBLE
    hosts = (
        kind.get("hosts") or [{"userId": each["id"]} for each in kind.get("users", ())] or [{"userId": kind["userId"]}]
    )
    if kind.get("rescheduleWithSameRoundRobinHost") and "rescheduleUid" in request:
        moved = next(each for each in scenario.scenario["bookings"] if each.get("uid") == request["rescheduleUid"])
        hosts = [host for host in hosts if host["userId"] == moved["userId"]]
    window = instant(request["startTime"]), last_moment(instant(request["endTime"]))
    people = [
        _question(scenario, kind, host, user, step, window) for host in hosts if (user := scenario.user(host["userId"]))
    ]
    if kind.get("schedulingType") == "COLLECTIVE":
        return offered_starts([_with_others(people[0], people[1:], window)], window)
    return offered_starts(people, window)


def _with_others(first: AvailabilityQuery, others: Sequence[AvailabilityQuery], window: Range) -> AvailabilityQuery:
    """All must be there: the first as clinician, the others as what the visit requires."""
    wide = window[0] - 3 * _DAY, window[1] + 3 * _DAY
    needed = [
        required(named("host", number), free_ranges([each], (wide[0] + _DAY, wide[1] - _DAY)), wide)
        for number, each in enumerate(others)
    ]
    return _requiring(first, needed)


def _requiring(question: AvailabilityQuery, needed: Sequence[Candidate]) -> AvailabilityQuery:
    place = question.places[0]
    rules = {name: getattr(question.rules, name) for name in VisitRules.__dataclass_fields__}
    return AvailabilityQuery(
        now=question.now,
        rules=VisitRules(**rules | {"requires": tuple(each.kind for each in needed)}),
        places=[Place(location_id=place.location_id, zone=place.zone, hours=place.hours, candidates=needed)],
        busy=question.busy,
        zone=question.zone,
        quotas=question.quotas,
        time_off=question.time_off,
    )


def _question(
    scenario: CalcomScenario, kind: Case, host: Case, user: Case, step: Case, window: Range
) -> AvailabilityQuery:
    schedules = scenario.schedules()
    schedule = (
        kind.get("schedule")
        or schedules.get(host.get("scheduleId") or user["defaultScheduleId"])
        or user["schedules"][0]
    )
    zone, interval, offset = (
        schedule["timeZone"],
        kind.get("slotInterval") or kind["length"],
        kind.get("offsetStart", 0),
    )
    now = instant(step["now"])
    question = AvailabilityQuery(
        now=now,
        rules=VisitRules(
            duration_minutes=kind["length"],
            step_minutes=interval + offset,
            buffer_before_minutes=kind.get("beforeEventBuffer", 0),
            buffer_after_minutes=kind.get("afterEventBuffer", 0),
            minimum_notice_minutes=kind.get("minimumBookingNotice", 0),
            horizon_days=_horizon(kind),
        ),
        places=[Place(location_id=named("place"), zone=zone, hours=_hours(schedule, kind, zone, interval, offset))],
        busy=_busy(scenario, kind, user, step),
        zone=zone,
        quotas=_quotas(kind),
        time_off=[
            TimeRange(instant(each["start"]), last_moment(instant(each["end"])))
            for each in user.get("outOfOffice", {}).get("dateRanges", ())
        ],
    )
    if (restriction := kind.get("restrictionScheduleId")) is None:
        return question
    # A second schedule that binds all of a team is somebody else who must be there.
    second = schedules[restriction]
    hours = _hours(second, {}, second["timeZone"], 1, 0)
    wide = window[0] - 3 * _DAY, window[1] + 3 * _DAY
    open_then = AvailabilityQuery(
        now=wide[0] - _DAY,
        rules=VisitRules(duration_minutes=1, step_minutes=1),
        places=[Place(location_id=named("second"), zone=second["timeZone"], hours=hours)],
    )
    return _requiring(question, [required(named("restriction"), free_ranges([open_then], wide), wide)])


def _hours(schedule: Case, kind: Case, zone: str, interval: int, offset: int) -> Hours:
    weekly, overrides = [], []
    for row in schedule["availability"]:
        times = f"{_opens(row['startTime'], interval, offset)}-{_closes(row['endTime'])}"
        if row.get("date"):
            overrides.append(f"{row['date'][:10]} {times}")
        weekly += [f"{WEEKDAYS[day - 1]} {times}" for day in row.get("days") or ()]
    hours = OpeningHours.parse(weekly, overrides)
    if kind.get("periodType") != "RANGE":
        return hours
    first, last = (
        instant(kind[name]).astimezone(ZoneInfo(zone)).date() for name in ("periodStartDate", "periodEndDate")
    )
    return DatedHours(((first.toordinal(), hours), ((last + _DAY).toordinal(), OpeningHours.parse(()))))


def _opens(text: str, interval: int, offset: int) -> str:
    begins = aligned(instant(text), interval) + timedelta(minutes=offset)
    return f"{begins:%H:%M}"


def _closes(text: str) -> str:
    ends = last_moment(instant(text))
    return "24:00" if ends.date() > date(1970, 1, 1) else f"{ends:%H:%M}"


def _horizon(kind: Case) -> int:
    """A rolling window of bookable days counts today; ours counts dates, those after today."""
    days = kind.get("periodDays", 1000)
    return int(days) - 1 if kind.get("periodType") == "ROLLING_WINDOW" else int(days)


def _quotas(kind: Case) -> list[Quota]:
    """Minutes a day are visits a day, as all visits of a service last as long."""
    service = named("service", kind["id"])
    found = [Quota(Period.DAY, most, service) for most in [kind.get("bookingLimits", {}).get("PER_DAY")] if most]
    if minutes := kind.get("durationLimits", {}).get("PER_DAY"):
        found.append(Quota(Period.DAY, minutes // kind["length"], service))
    if most := kind.get("team", {}).get("bookingLimits", {}).get("PER_DAY"):
        found.append(Quota(Period.DAY, most))
    return found


def _busy(scenario: CalcomScenario, kind: Case, user: Case, step: Case) -> list[TimeClaim]:
    """Pending, rejected and cancelled bookings take no time; a reserved slot does."""
    who: UUID = named("user", user["id"])
    found = [
        claim(
            who, (instant(each["startTime"]), instant(each["endTime"])), service=named("service", each["eventTypeId"])
        )
        for each in scenario.scenario.get("bookings") or ()
        if each["userId"] == user["id"]
        and each["status"] == "ACCEPTED"
        and each.get("uid", "") != step["input"].get("rescheduleUid")
    ]
    found += [
        claim(
            who,
            (instant(each["slotUtcStartDate"]), instant(each["slotUtcEndDate"])),
            expires_at=instant(each["releaseAt"]),
        )
        for each in scenario.scenario.get("selectedSlots", ())
        if each["userId"] == user["id"] and instant(each["releaseAt"]) > instant(step["now"])
    ]
    return found + ([claim(who, range) for range in scenario.elsewhere] if _imports(kind, user) else [])


def _imports(kind: Case, user: Case) -> bool:
    """Return whether the external calendar applies to this event type."""
    calendars: list[Any] = user.get("selectedCalendars", [])
    if kind.get("useEventLevelSelectedCalendars"):
        return any(each.get("eventTypeId") == kind["id"] for each in calendars)
    return bool(calendars)
