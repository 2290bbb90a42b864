"""Replay calendars and compare with other readers.

The folder ``samples``, or the one that SCHEDULER_TEST_CALENDARS names, holds ``corpus/index.json``
(each file with the result of the Python library icalendar) and ``occurrences/queries.json`` (each
file with windows and the times that recurring-ical-events finds). docs/adr/0026 explains the
differences.
"""

import gzip
import json
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from adapters.icalendar.calendar_reader import IcalendarReader
from application.scheduling.calendars.errors import CalendarTooLargeError, UnreadableCalendarError
from application.scheduling.calendars.ports import LeftOut
from domain.kernel.time_range import TimeRange

SAMPLES = Path(__file__).with_name("samples")
CORPUS = Path(os.environ.get("SCHEDULER_TEST_CALENDARS") or SAMPLES)
TENANT = UUID("01980c5a-0000-7000-8000-000000000001")
YEAR = timedelta(days=366)


def test_reads_the_files_that_another_reader_reads() -> None:
    cases = json.loads((CORPUS / "corpus/index.json").read_text("utf-8"))
    verdicts = {case["file"]: _read(case) for case in cases}

    counted = Counter(verdicts.values())
    print(f"\n{len(verdicts)} files: {dict(counted)}")  # noqa: T201  the counts are what is asked for
    assert [file for file, verdict in verdicts.items() if verdict == "disagreed"] == []
    assert counted["agreed: read"] > 0
    assert counted["agreed: refused"] > 0


def test_finds_the_times_that_another_reader_finds() -> None:
    counted: Counter[str] = Counter()
    disagreed = []
    for name, queries in json.loads((CORPUS / "occurrences/queries.json").read_text("utf-8")).items():
        octets = (CORPUS / "occurrences" / name).read_bytes()
        for query in queries:
            verdict = _asked(octets, query)
            counted[verdict] += 1
            if verdict == "disagreed":
                disagreed.append((name, query["method"], query["args"]))

    print(f"\n{sum(counted.values())} queries: {dict(counted)}")  # noqa: T201  as above
    assert disagreed == []
    assert counted["agreed"] > sum(counted.values()) / 2


def _read(case: Any) -> str:
    octets = (CORPUS / "corpus" / case["file"]).read_bytes()
    octets = gzip.decompress(octets) if case["file"].endswith(".gz") else octets
    reads = case["icalendar_py_7_3"] == "ok"
    try:
        found = IcalendarReader().busy_times(
            octets, "Europe/Berlin", TimeRange(_at([2007, 1, 1]), _at([2009, 1, 1])), TENANT
        )
    except CalendarTooLargeError:
        return "too large"
    except UnreadableCalendarError:
        if not reads:
            return "agreed: refused"
        text = octets.strip(b"\xef\xbb\xbf\r\n ").upper()
        if not text.startswith(b"BEGIN:VCALENDAR"):
            return "not a whole calendar: a part"
        return "disagreed" if text.endswith(b"END:VCALENDAR") else "not a whole calendar: broken off"
    if reads:
        return "agreed: read"
    # Where the other reader rejects the whole file, ours skips the event or the property.
    return "read but for what is wrong" if found.left_out or not found.times else "read: what is wrong does not matter"


def _asked(octets: bytes, query: Any) -> str:
    """Query the window in each zone that it may use: theirs is each event's, unless given."""
    if query["method"] not in ("at", "between"):
        return "not supported: asks for the first ones, or how many"
    if any(each["component"] != "VEVENT" for each in query["result"]) or query["components"] not in (None, ["VEVENT"]):
        return "not supported: alarms, tasks and journals"
    try:
        begins, ends = _window(query)
    except ValueError:
        return "not supported: a window without length"
    wanted = Counter(filter(None, map(_span, query["result"])))
    found = IcalendarReader().busy_times(octets, "UTC", TimeRange(begins - YEAR, ends + YEAR), TENANT)
    near = Counter((each.starts_at, each.ends_at) for each in found.times.values())
    # In any zone, ours contains the expected times, and no others well inside the window.
    day = timedelta(hours=15)
    inside = Counter({span: n for span, n in near.items() if span[0] >= begins + day and span[1] <= ends - day})
    if not wanted - near and not inside - wanted:
        return "agreed" if len(wanted) == len(query["result"]) else "differs: what takes no time is no busy time"
    if any(each.get("status") == "CANCELLED" for each in query["result"]):
        return "differs: what was cancelled is no busy time"
    if found.left_out[LeftOut.FREE]:
        return "differs: what is marked free is no busy time"
    if found.left_out[LeftOut.NO_TIME]:
        return "differs: what takes no time is no busy time"
    return "disagreed"


def _window(query: Any) -> tuple[datetime, datetime]:
    first = query["args"][0]
    begins = _at(first)
    if query["method"] == "at":
        return begins, _end(first, begins)
    second = query["args"][1]
    ends = (
        begins + timedelta(seconds=second["seconds"])
        if isinstance(second, dict) and "seconds" in second
        else _at(second)
    )
    if ends <= begins:
        raise ValueError("no length")
    return begins, ends


def _at(value: Any) -> datetime:
    if isinstance(value, dict):
        at = datetime.fromisoformat(value["dt"])
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    parts = _parts(value)
    return datetime(*(parts + [1] * (3 - len(parts))), tzinfo=UTC)  # type: ignore[misc,arg-type]  # numbers


def _parts(value: Any) -> list[int]:
    if isinstance(value, str):
        text = value.replace("-", "").rstrip("Z")
        cuts = [text[:4], text[4:6], text[6:8], text[9:11], text[11:13], text[13:15]]
        return [int(cut) for cut in cuts if cut]
    return [value] if isinstance(value, int) else list(value)


def _end(value: Any, begins: datetime) -> datetime:
    if isinstance(value, dict):
        return begins + (timedelta(seconds=1) if "T" in value["dt"] else timedelta(days=1))
    match len(_parts(value)):
        case 1:
            return begins.replace(year=begins.year + 1)
        case 2:
            return (begins + timedelta(days=31)).replace(day=1)
        case length:
            return begins + {3: timedelta(days=1), 4: timedelta(hours=1), 5: timedelta(minutes=1)}.get(
                length, timedelta(seconds=1)
            )


def _span(found: Any) -> tuple[datetime, datetime] | None:
    offered_starts, ends = (
        _at({"dt": found[name]}).astimezone(UTC) if found.get(name) else None for name in ("dtstart", "dtend")
    )
    return (offered_starts, ends) if offered_starts and ends and offered_starts < ends else None
