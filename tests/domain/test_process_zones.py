"""Property 7 and L2: the same inputs under five process time zones give the same bytes."""

import os
import subprocess
import sys
from pathlib import Path

ANSWERS = """
from datetime import datetime
from domain.scheduling.availability import offered, slot_at
from domain.zones import instant_of, spoken_dates, spoken_time
from tests.domain.given import asked, at, between, claim, every_day, place

for zone in ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Jerusalem"):
    for day in ("2026-03-08", "2026-11-01", "2026-10-25", "2026-10-04", "2026-06-01"):
        busy = [claim(f"{day}T06:40", f"{day}T07:10", after=15)]
        question = asked(place(every_day("22:00-04:00"), zone), step=20, busy=busy, now=f"{day}T01:30", horizon=1)
        slots = offered(question, between(f"{day}T00:00", f"{day}T23:59"))
        for slot in slots:
            print(zone, slot, spoken_time(slot.starts_at, zone, "Asia/Tokyo"), spoken_dates(slot.starts_at, zone, "Asia/Tokyo"))
        assert all(slot_at(question, slot.starts_at) == slot for slot in slots)
    print(instant_of(datetime(2026, 6, 1, 9), zone), repr(at("2025-03-04T10:00-05:00")))
"""


def test_the_process_zone_changes_nothing() -> None:
    zones = ["UTC", "Asia/Dubai", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"]

    running = [
        subprocess.Popen(
            [sys.executable, "-c", ANSWERS],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "TZ": zone},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for zone in zones
    ]
    answers = [process.communicate(timeout=60) for process in running]

    assert [errors for _, errors in answers] == [b""] * len(zones)
    outputs = {output for output, _ in answers}
    assert len(outputs) == 1
    assert outputs.pop().count(b"\n") > 100
