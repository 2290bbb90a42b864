"""cal.com's date ranges: working hours as instants, their intersections and unions."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import WEEKDAYS, OpeningHours
from domain.scheduling.availability.query import AvailabilityQuery, Candidate, Place, VisitRules
from tests.peers.replay import (
    NOT_EXPRESSIBLE,
    Case,
    Range,
    Verdict,
    free_ranges,
    instant,
    named,
    open_during,
    required,
    union,
)  # fmt: skip

_DAY = timedelta(days=1)


def replay(case: Case) -> Verdict:
    function, given, expected = case["function"], case["input"], case["expected"]
    if function == "intersect":
        return _set(_together([_ranges(each) for each in given[0]]), expected)
    if function in ("filterRedundantDateRanges", "mergeOverlappingDateRanges"):
        return _set(_anyone([[each] for each in _ranges(given[0])]), expected)
    if function == "getAggregatedAvailability":
        people = [(each["user"]["isFixed"], _ranges(each["oooExcludedDateRanges"])) for each in given[0]]
        fixed = [ranges for is_fixed, ranges in people if is_fixed]
        return _set(_anyone([ranges for is_fixed, ranges in people if not is_fixed], fixed), expected)
    if function == "processDateOverride":
        request = given[0]
        zone = _zone_on(request, instant(request["itemDateAsUtc"]))
        begins = instant(request["itemDateAsUtc"]) - _DAY
        return _set(_open([request["item"]], zone, (begins, begins + 3 * _DAY)), [expected])
    request = given[0]
    window = instant(request["dateFrom"]), instant(request["dateTo"])
    if function == "processWorkingHours":
        return _set(_open([request["item"]], request["timeZone"], window), expected)
    return Verdict(_built(request), {name: union(_ranges(ranges)) for name, ranges in expected.items()})


def _built(request: Case) -> dict[str, object]:
    """``buildDateRanges`` covers whole dates of the schedule's zone, as written in the bounds."""
    zone = ZoneInfo(request["timeZone"])
    first, last = (datetime.fromisoformat(request[name].partition("[")[0]) for name in ("dateFrom", "dateTo"))
    ends = last.date() if not (last.hour or last.minute) else last.date() + _DAY
    window = _midnight(first.date(), zone), _midnight(ends, zone)
    off = [
        TimeRange(_midnight(day, zone), _midnight(day + _DAY, zone))
        for day in map(date.fromisoformat, request.get("outOfOffice", {}))
    ]
    return {
        name: _open(request["availability"], request["timeZone"], window, away)
        for name, away in (("dateRanges", ()), ("oooExcludedDateRanges", off))
    }


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _open(rows: Sequence[Case], zone: str, window: Range, off: Sequence[TimeRange] = ()) -> list[Range]:
    weekly = [
        f"{WEEKDAYS[day - 1]} {_times(row)}" for row in rows for day in (row.get("days") or ()) if not row.get("date")
    ]
    overrides = [f"{row['date'][:10]} {_times(row)}" for row in rows if row.get("date")]
    return free_ranges([_question(OpeningHours.parse(weekly, overrides), zone, window, off=off)], window)


def _times(row: Case) -> str:
    return f"{row['startTime'][11:16]}-{row['endTime'][11:16]}"


def _zone_on(request: Case, moment: datetime) -> str:
    """Who travels works at a place in another zone."""
    for trip in request["travelSchedules"]:
        if instant(trip["startDate"]) <= moment <= instant(trip["endDate"]):
            return str(trip["timeZone"])
    return str(request["timeZone"])


def _together(people: Sequence[Sequence[Range]]) -> object:
    """Everybody is needed: the first as clinician, the others as what the visit requires."""
    return _anyone(people[:1], people[1:])


def _anyone(people: Sequence[Sequence[Range]], needed: Sequence[Sequence[Range]] = ()) -> object:
    moments = [moment for ranges in [*people, *needed] for range in ranges for moment in range]
    if not moments:
        return []
    if any(moment.second or moment.microsecond for moment in moments):
        return NOT_EXPRESSIBLE
    window = min(moments) - _DAY, max(moments) + _DAY
    wide = window[0] - _DAY, window[1] + _DAY
    others = [required(named("needed", number), ranges, wide) for number, ranges in enumerate(needed)]
    return free_ranges([_question(open_during(ranges), "UTC", window, others) for ranges in people], window)


def _question(
    hours: OpeningHours, zone: str, window: Range, needed: Sequence[Candidate] = (), off: Sequence[TimeRange] = ()
) -> AvailabilityQuery:
    return AvailabilityQuery(
        now=window[0] - _DAY,
        rules=VisitRules(
            duration_minutes=1,
            step_minutes=1,
            horizon_days=1000,
            requires=tuple(candidate.kind for candidate in needed),
        ),
        places=[Place(location_id=named("place"), zone=zone, hours=hours, candidates=needed)],
        zone=zone,
        time_off=off,
    )


def _ranges(rows: Sequence[Case]) -> list[Range]:
    return [(instant(row["start"]), instant(row["end"])) for row in rows]


def _set(ours: object, expected: Any) -> Verdict:
    """Compared as sets of time: how it is cut into ranges, nobody can tell who books."""
    return Verdict(ours, union(_ranges(expected)))
