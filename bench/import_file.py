"""(c) Import of a file of appointments, end to end."""

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from api.bootstrap.container import Container, open_container
from api.bootstrap.settings import Settings
from bench.cpu import CpuMeter, peak_memory_bytes, server_process
from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.server_process import SCHEDULER, environment, superuser
from bench.store import check_log
from bench.synthetic import write_appointments
from event_store.embedded import EmbeddedServer

TITLE: Final = "(c) Import"
FILE_VARIABLE: Final = "BENCH_APPOINTMENTS"
MAPPING: Final = Path(__file__).parent.parent / "examples" / "no-shows.toml"
SECONDS: Final = 120.0
MEGABYTES: Final = 500.0
ROWS: Final = 110_527
"""Rows of the reference file."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A data folder with an imported file, and the resources that the import used."""

    container: Container
    rows: str
    booked: int
    refused: int
    seconds: float
    peak_bytes: int
    cpu: dict[str, float]


@contextmanager
def imported(options: Options) -> Iterator[ImportResult]:
    """Import the file that BENCH_APPOINTMENTS names, or a synthetic one, and yield the result."""
    with tempfile.TemporaryDirectory(prefix="scheduler-bench-") as folder:
        named = os.environ.get(FILE_VARIABLE)
        file = Path(named) if named else Path(folder, "appointments.csv")
        if not named:
            write_appointments(file, 2_000 if options.quick else ROWS)
        data = Path(folder, "data")
        try:
            with open_container(Settings.model_validate({"SCHEDULER_DATA": str(data)})) as container:
                yield _run(container, file, Path(folder, "refusals.csv"), "the file named" if named else "a made file")
        finally:
            EmbeddedServer(data).stop()


def _run(container: Container, file: Path, refusals: Path, rows: str) -> ImportResult:
    command = [
        *SCHEDULER,
        "import",
        "appointments",
        str(file),
        "--mapping",
        str(MAPPING),
        "--report",
        str(refusals),
        "--json",
    ]
    with superuser(container) as connection:
        began = time.monotonic()
        process = subprocess.Popen(command, env=environment(container.settings.data), stdout=subprocess.PIPE)
        meter = CpuMeter({"import": process.pid, "server": server_process(connection)})
        watch = _ProcessMonitor(process.pid, meter)
        output, _ = process.communicate()
        seconds = time.monotonic() - began
        watch.stop()
        assert process.returncode == 0, f"the import ended with {process.returncode}"
        answer = json.loads(output)
    return ImportResult(container, rows, answer["booked"], answer["refused"], seconds, watch.peak_bytes, watch.cpu)


class _ProcessMonitor:
    """Samples a process's memory and CPU time until it ends."""

    def __init__(self, pid: int, meter: CpuMeter) -> None:
        self.peak_bytes = 0
        self.cpu: dict[str, float] = {}
        self._process = psutil.Process(pid)
        self._meter = meter
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def stop(self) -> None:
        self._enough.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._enough.wait(0.1):
            try:
                self.peak_bytes = max(self.peak_bytes, peak_memory_bytes(self._process))
                self.cpu = self._meter.used()
            except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                return


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    with imported(options) as done, superuser(done.container) as connection:
        machine = describe(connection)
        events = connection.execute(
            "select count(*), count(*) filter (where event_type = 'scheduling.appointment.booked'),"
            " count(*) filter (where event_type = 'patients.patient.registered') from log.event"
        ).fetchone()
        assert events is not None
        assert events[1] == done.booked, f"{done.booked} were booked, {events[1]} are in the log"
        checks = check_log(connection, events[0])
    megabytes = done.peak_bytes / 1e6
    report = Report(
        name="import_file",
        title=TITLE,
        how=(
            f"`scheduler import appointments` of {done.rows} into an empty data folder whose server runs, once: {events[1]:,} booked,"
            f" {done.refused:,} refused, {events[2]:,} patients registered, each under a key of their own. Peak memory is the importing"
            f" process's own. Another file can be named by {FILE_VARIABLE}."
        ),
        checks=f"the log has as many bookings as the import reported; {checks}",
        goals=[
            Goal("time, end to end", f"< {SECONDS:.0f} s", f"{done.seconds:.1f} s", done.seconds < SECONDS),
            Goal("resident memory", f"< {MEGABYTES:.0f} MB", f"{megabytes:.0f} MB", megabytes < MEGABYTES),
        ],
        tables=[
            Table(
                ("", "events", "events/s", "CPU import s", "CPU server s"),
                [
                    (
                        "import",
                        f"{events[0]:,}",
                        f"{events[0] / done.seconds:,.0f}",
                        f"{done.cpu.get('import', 0):.1f}",
                        f"{done.cpu.get('server', 0):.1f}",
                    )
                ],
            )
        ],
    )
    return {TITLE: report.text(machine)}
