"""(s) Booking and moving a series of 52 visits, in an empty and in a nearly full schedule."""

import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bench.bookable_practice import BookablePractice, open_bookable_practice
from bench.figures import Spread, percentile
from bench.http_client import AdminClient
from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.server_process import running_server
from bench.store import check_log

TITLE: Final = "(s) A series of 52"
VISITS: Final = 52
MAX_MS: Final = 100.0
CLINICIANS: Final = 10


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    number = 6 if options.quick else 20
    waits: dict[str, list[float]] = defaultdict(list)
    with running_server() as program, program.superuser() as connection:
        machine = describe(connection)
        practice = open_bookable_practice(program, "Praxis am See", clinicians=CLINICIANS)
        user = AdminClient(program.port, practice.key)
        for day, what in enumerate(("booked", "booked in a full schedule")):
            if day:
                _fill(user, practice)
            series: Any = None
            for slot in range(number):
                series = _send_scheduled(waits[what], user, practice, day, slot)
                assert series["booked"] == VISITS
            began = time.perf_counter()
            changed = user.send("POST", f"/v1/series/{series['id']}/change", _move(day, number - 1))
            waits[f"{what}, then moved by half an hour"].append((time.perf_counter() - began) * 1e3)
            assert len(changed["last_change"]["changed"]) == VISITS
        events = connection.execute("select count(*) from log.event").fetchone()
        assert events is not None
        checks = check_log(connection, events[0])
    p95 = percentile(waits["booked"], 0.95)
    full = percentile(waits["booked in a full schedule"], 0.95)
    report = Report(
        name="series",
        title=TITLE,
        how=(
            f"`scheduler serve`; one client books {number} series of {VISITS} weekly visits that need a room, each visit with an"
            " event and two claims, one after the other; then as many again in a practice of"
            f" {CLINICIANS} clinicians and rooms in which every week holds 140 other visits."
            " A wait lasts from the request to the answer with all visits."
        ),
        checks=f"every series has its {VISITS} visits; {checks}",
        goals=[
            Goal("a series of 52 committed, p95", f"< {MAX_MS:.0f} ms", f"{p95:.1f} ms", p95 < MAX_MS),
            Goal("the same in a full schedule, p95", f"< {MAX_MS:.0f} ms", f"{full:.1f} ms", full < MAX_MS),
        ],
        tables=[
            Table(
                (f"series of {VISITS}, ms", "median (least … most)"),
                [(what, Spread.of(times).text()) for what, times in waits.items()],
            )
        ],
    )
    return {TITLE: report.text(machine)}


def _send_scheduled(waits: list[float], user: AdminClient, practice: BookablePractice, day: int, slot: int) -> Any:
    body = _body(practice, practice.clinicians[0], day, slot)
    began = time.perf_counter()
    series = user.send("POST", "/v1/series", body)
    waits.append((time.perf_counter() - began) * 1e3)
    return series


def _fill(user: AdminClient, practice: BookablePractice) -> None:
    """Give each clinician fourteen more visits a week, two on each day, starting in the evening."""
    for clinician in practice.clinicians:
        for day in range(7):
            for slot in (30, 31):
                user.send("POST", "/v1/series", _body(practice, clinician, day, slot))


def _body(practice: BookablePractice, clinician: str, day: int, slot: int) -> dict[str, object]:
    """Return a series that begins ``day`` days after tomorrow, in half hour ``slot`` from 06:00."""
    first = _first_day() + timedelta(days=day, minutes=360 + slot * 30)
    return {
        "patient_id": practice.patients[slot % len(practice.patients)],
        "service_id": practice.service_id,
        "clinician_id": clinician,
        "starts_at": {"local": f"{first:%Y-%m-%dT%H:%M}", "zone": "Europe/Berlin"},
        "rrule": f"FREQ=WEEKLY;COUNT={VISITS}",
    }


def _move(day: int, slot: int, **more: object) -> dict[str, object]:
    to = _first_day() + timedelta(days=day, minutes=360 + (slot + 1) * 30)
    starts_at = {"local": f"{to:%Y-%m-%dT%H:%M}", "zone": "Europe/Berlin"}
    return {"from_occurrence": 1, "scope": "all", "starts_at": starts_at} | more


def _first_day() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(days=2)
