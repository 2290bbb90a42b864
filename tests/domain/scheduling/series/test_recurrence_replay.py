"""Replay rules and calendars, with the answers of other programs."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.kernel.errors import InvalidValueError
from domain.scheduling.series.occurrence_plan import PlannedOccurrence
from domain.scheduling.series.occurrences import LONGEST_DAYS, occurrences, series_rule
from tests.support.paths import ROOT

RULES: Final = Path(os.environ.get("SCHEDULER_TEST_RRULES") or Path(__file__).with_name("samples"))
"""A folder of JSON files: cases of a rule, its first time and what it is expected to give.

The samples are rules of our own, with what python-dateutil 2.9.0 finds.
"""
CALENDARS: Final = Path(
    os.environ.get("SCHEDULER_TEST_OCCURRENCES") or ROOT / "tests/application/scheduling/calendars/samples/occurrences"
)
"""A folder of calendars with ``queries.json``: another program's answers for their events."""


def test_agrees_with_the_rules_of_other_programs() -> None:
    """Each rule gives the same occurrences within two years, or is refused."""
    verdicts = [
        (_of_rule(case), f"{case['id']} {case.get('rrule')}")
        for path in sorted(RULES.glob("*.json"))
        for case in json.loads(path.read_text("utf-8"))
    ]

    _report(verdicts)


def test_agrees_with_another_program_on_calendars() -> None:
    """Events repeated by a rule alone: each found time is an occurrence, none is missing."""
    queries = json.loads((CALENDARS / "queries.json").read_text("utf-8"))
    verdicts = [
        (_of_event(repeated, queries.get(path.name, [])), f"{path.name} {repeated.rules}")
        for path in sorted(CALENDARS.glob("*.ics"))
        for repeated in _repeated(path)
    ]

    _report(verdicts)


def _report(verdicts: Sequence[tuple[str, str]]) -> None:
    counted = Counter(verdict for verdict, _ in verdicts)
    for verdict, number in sorted(counted.items(), key=lambda each: -each[1]):
        print(f"{number:5} {verdict}")  # noqa: T201  what was counted is the point
    assert counted["agreed"] > 0
    assert [case for verdict, case in verdicts if verdict == "disagreed"] == []


def _of_rule(case: dict[str, Any]) -> str:
    if "rrule" not in case or case.keys() & {"exdates", "rdates", "exrules"}:
        return "not supported: several rules or dates"
    zone = case.get("tzid") or "UTC"
    try:
        first = datetime.fromisoformat(case["dtstart"]).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        return "not a time"
    expected = case.get("expected_offset") or case.get("expected") or []
    try:
        found, is_whole = _bounded(case["rrule"], first, zone)
    except InvalidValueError as error:
        return "agreed: nothing" if expected == [] and error.field == "rrule.until" else f"not supported: {error.field}"
    if case.get("expected_offset"):
        obstacles = [datetime.fromisoformat(each) for each in expected]
        ours = [each.starts_at for each in found]
    else:
        obstacles = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in expected]
        ours = [each.starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC) for each in found]
    if is_whole:
        return "agreed" if obstacles == ours else "disagreed"
    number = min(len(obstacles), len(ours))
    if not number:
        return "nothing to compare"
    return "agreed, as far as two years reach" if obstacles[:number] == ours[:number] else "disagreed"


def _bounded(rule: str, first: datetime, zone: str) -> tuple[Sequence[PlannedOccurrence], bool]:
    """Return a series' occurrences, of at most two years, and whether they are complete."""
    try:
        return occurrences(series_rule(rule), first, zone), True
    except InvalidValueError as error:
        if error.field not in ("rrule.until", "rrule.count"):
            raise
    endless = re.sub(r";?(COUNT|UNTIL)=[^;]*", "", rule.upper()).removeprefix(";")
    last = first.replace(tzinfo=None) + timedelta(days=LONGEST_DAYS - 1)
    limit = re.search(r"UNTIL=(\d{8})", rule.upper())
    if limit and datetime.strptime(limit[1], "%Y%m%d").replace(tzinfo=UTC).date() < last.date():
        raise InvalidValueError("rrule.until", "it ends before it begins")
    return occurrences(series_rule(f"{endless};UNTIL={last:%Y%m%dT%H%M%S}"), first, zone), False


class Repeated(NamedTuple):
    """An event that is repeated: ``others`` are the names of what else says when."""

    uid: str
    rules: list[str]
    starts: str
    zone: str
    others: list[str]


def _of_event(event: Repeated, queries: Iterable[dict[str, Any]]) -> str:
    if event.others or len(event.rules) != 1:
        return "not supported: several rules, dates or changed events"
    try:
        zone = ZoneInfo(event.zone)
        first = datetime.fromisoformat(event.starts).replace(tzinfo=UTC if event.starts.endswith("Z") else zone)
        found, is_whole = _bounded(event.rules[0], first, event.zone)
    except ZoneInfoNotFoundError:
        return "not supported: a zone of another program's making"
    except InvalidValueError as error:
        return f"not supported: {error.field}"
    ours = {each.starts_at.astimezone(zone).replace(tzinfo=None) for each in found}
    reach = None if is_whole else max(ours)
    obstacles, request = set[datetime](), 0
    for query in queries:
        if query["method"] == "count":
            continue
        of_it = [each["dtstart"] for each in query["result"] if (each["uid"] or "") == event.uid]
        offered_starts = {_local(each, zone) for each in of_it if each}
        obstacles |= offered_starts
        day = _day(query)
        if day is not None and (reach is None or day <= reach.date()):
            request += 1
            if {each for each in ours if each.date() == day} - offered_starts:
                return "disagreed"
    if {each for each in obstacles if reach is None or each <= reach} - ours:
        return "disagreed"
    return "agreed" if obstacles or request else "nobody asked"


def _repeated(path: Path) -> Iterator[Repeated]:
    text = re.sub(r"\r?\n[ \t]", "", path.read_text("utf-8", errors="replace"))
    events = [
        [line.partition(":")[::2] for line in part.split("END:VEVENT")[0].splitlines()]
        for part in text.split("BEGIN:VEVENT")[1:]
    ]
    uids = Counter(value for event in events for name, value in event if name == "UID")
    for event in events:
        rules = [value for name, value in event if name == "RRULE"]
        if not rules:
            continue
        uid = next((value for name, value in event if name == "UID"), "")
        start, offered_starts = next((name, value) for name, value in event if name.startswith("DTSTART"))
        zone = re.search(r'TZID="?([^;"]+)', start)
        others = [name for name, _ in event if name.startswith(("EXDATE", "RDATE", "EXRULE", "RECURRENCE-ID"))]
        others += ["UID"] if uids[uid] > 1 else []
        yield Repeated(uid, rules, offered_starts, zone[1] if zone else "UTC", others)


def _local(obstacles: str, zone: ZoneInfo) -> datetime:
    at = datetime.fromisoformat(obstacles)
    return at.astimezone(zone).replace(tzinfo=None) if at.tzinfo else at


def _day(query: dict[str, Any]) -> date | None:
    """Return the day whose events were asked for, where it was one."""
    args = query["args"]
    if query["method"] != "at" or query["components"]:
        return None
    if isinstance(args[0], str) and re.fullmatch(r"\d{8}", args[0]):
        return datetime.strptime(args[0], "%Y%m%d").replace(tzinfo=UTC).date()
    return date(*args[0]) if isinstance(args[0], list) and len(args[0]) == 3 else None
