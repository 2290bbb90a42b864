"""Property 7 and L2: the same inputs under five process time zones give the same bytes."""

import os
import subprocess
import sys

from tests.support.paths import ROOT
from tests.support.wait_until import TIMEOUT_SECONDS

ANSWERS = """
from datetime import datetime
from domain.scheduling.availability.availability import offered, slot_at
from domain.scheduling.series.occurrences import occurrences, series_rule, shifted
from domain.kernel.zones import instant_of, spoken_dates, spoken_time
from tests.support.availability_builders import at, availability_query, between, claim, place, same_hours_daily

for zone in ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Jerusalem"):
    for day in ("2026-03-08", "2026-11-01", "2026-10-25", "2026-10-04", "2026-06-01"):
        busy = [claim(f"{day}T06:40", f"{day}T07:10", after=15)]
        query = availability_query(place(same_hours_daily("22:00-04:00"), zone), step=20, busy=busy, now=f"{day}T01:30", horizon=1)
        slots = offered(query, between(f"{day}T00:00", f"{day}T23:59"))
        for slot in slots:
            print(zone, slot, spoken_time(slot.starts_at, zone, "Asia/Tokyo"), spoken_dates(slot.starts_at, zone, "Asia/Tokyo"))
        assert all(slot_at(query, slot.starts_at) == slot for slot in slots)
    print(instant_of(datetime(2026, 6, 1, 9), zone), repr(at("2025-03-04T10:00-05:00")))
    series = occurrences(series_rule("FREQ=WEEKLY;BYDAY=TU,SU;COUNT=60"), at("2026-03-01T10:00Z"), zone)
    for each in series:
        print(each, shifted(each.starts_at, zone, series[0].starts_at, at("2026-03-02T06:30Z")))

# EC-04: on the wall clock of the clinic, whatever the process's is.
tuesdays = occurrences(series_rule("FREQ=WEEKLY;COUNT=4"), at("2025-03-04T15:00Z"), "America/New_York")
assert [f"{each.starts_at:%m-%d %H:%M}Z" for each in tuesdays] == ["03-04 15:00Z", "03-11 14:00Z", "03-18 14:00Z", "03-25 14:00Z"]
sundays = occurrences(series_rule("FREQ=WEEKLY;COUNT=2"), at("2025-03-02T21:00Z"), "America/Chicago")
assert [f"{each.starts_at:%m-%d %H:%M}Z" for each in sundays] == ["03-02 21:00Z", "03-09 20:00Z"]
"""


def test_the_process_zone_changes_nothing() -> None:
    zones = ["UTC", "Asia/Dubai", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"]

    running = [
        subprocess.Popen(
            [sys.executable, "-c", ANSWERS],
            cwd=ROOT,
            env={**os.environ, "TZ": zone},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for zone in zones
    ]
    answers = [process.communicate(timeout=TIMEOUT_SECONDS) for process in running]

    assert [errors for _, errors in answers] == [b""] * len(zones)
    outputs = {output for output, _ in answers}
    assert len(outputs) == 1
    assert outputs.pop().count(b"\n") > 100
