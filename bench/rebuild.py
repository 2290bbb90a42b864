"""(d) Rebuild of all read models in one process, and its effect on live writers."""

import multiprocessing
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from api.bootstrap.container import Container, open_container
from api.bootstrap.open_practice import create_practice
from api.bootstrap.read_models import VIEWS
from api.bootstrap.settings import Settings
from bench.figures import Spread, percentile
from bench.import_file import imported
from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.server_process import superuser
from bench.store import check_log
from domain.kernel.money import Money
from domain.kernel.provenance import Provenance
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.visit import Visit

TITLE: Final = "(d) Rebuild"
EVENTS_PER_SECOND: Final = 30_000
WRITES_PER_SECOND: Final = 200
WRITERS: Final = 8
MAX_LOST: Final = 0.10


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """``cpu_seconds`` are the rebuilding process's own."""

    events: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        return self.events / self.seconds


@dataclass(frozen=True, slots=True)
class WriteResult:
    per_second: float
    p95_ms: float


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    quiet_seconds = 1.0 if options.quick else 10.0
    alone: list[RebuildResult] = []
    beside: list[RebuildResult] = []
    quiet: dict[str, list[WriteResult]] = {"steady": [], "as fast as they can": []}
    busy: dict[str, list[WriteResult]] = {"steady": [], "as fast as they can": []}
    with imported(options) as done, superuser(done.container) as connection, _rebuilder() as rebuilder:
        machine = describe(connection)
        data = done.container.settings.data
        writers = Writers(done.container)
        for number in range(options.rounds + 1):
            rebuilt = rebuilder.submit(rebuild_all, data).result()
            if number > 0:  # the first one is a warm-up
                alone.append(rebuilt)
                for pace, per_second in (("steady", WRITES_PER_SECOND), ("as fast as they can", None)):
                    with writers.writing(per_second) as written:
                        time.sleep(quiet_seconds)
                    quiet[pace].append(written())
                    with writers.writing(per_second) as written:
                        rebuilt = rebuilder.submit(rebuild_all, data).result()
                    busy[pace].append(written())
                    if pace == "steady":
                        beside.append(rebuilt)
        events = connection.execute("select count(*) from log.event").fetchone()
        assert events is not None
        behind = [view for view in done.container.read_models.status() if view.error]
        assert not behind, "a read model stopped"
        checks = check_log(connection, events[0])
    rate = Spread.of([one.per_second for one in alone])
    lost = _lost(quiet["steady"], busy["steady"])
    report = Report(
        name="rebuild",
        title=TITLE,
        how=(
            f"All read models ({', '.join(VIEWS)}) of the data of (c), decrypting personal data, {options.rounds} times by one process."
            f" Beside it {WRITERS} writers record appointments, first at {WRITES_PER_SECOND} a second and then as fast as they can;"
            " what they lose is against the seconds before."
        ),
        checks=checks,
        goals=[
            Goal("events/s, in one process", f"≥ {EVENTS_PER_SECOND:,}", rate.text(), rate.middle >= EVENTS_PER_SECOND),
            Goal(
                f"writers lose, at {WRITES_PER_SECOND}/s",
                f"≤ {MAX_LOST:.0%}",
                lost.text("%", 100),
                lost.middle <= MAX_LOST,
            ),
        ],
        tables=[_rebuilds(alone, beside), _writes(quiet, busy)],
    )
    return {TITLE: report.text(machine)}


def rebuild_all(data: Path) -> RebuildResult:
    """Rebuild all read models of a data folder, in a process of its own."""
    total = 0

    def note(done: int, _: int) -> None:
        nonlocal total
        total = done

    with open_container(Settings.model_validate({"SCHEDULER_DATA": str(data)})) as container:
        cpu, began = time.process_time(), time.perf_counter()
        incomplete = container.read_models.rebuild(VIEWS, note)
        seconds = time.perf_counter() - began
        assert not incomplete, "a read model is not whole"
        return RebuildResult(total, seconds, time.process_time() - cpu)


@contextmanager
def _rebuilder() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        yield process


class Writers:
    """Writers of appointments, each with a practice and a clinician of its own."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._tenants = [
            create_practice(container, f"Praxis {number}", "Europe/Berlin", "EUR").practice_id
            for number in range(WRITERS)
        ]
        self._numbers = count()

    @contextmanager
    def writing(self, per_second: float | None) -> Iterator["_WriteCounter"]:
        """Write while the block runs, at a total rate or as fast as possible."""
        counter = _WriteCounter()
        threads = [
            threading.Thread(target=self._write, args=(tenant_id, per_second and per_second / WRITERS, counter))
            for tenant_id in self._tenants
        ]
        for thread in threads:
            thread.start()
        try:
            yield counter
        finally:
            counter.stop()
            for thread in threads:
                thread.join()

    def _write(self, tenant_id: UUID, per_second: float | None, counter: "_WriteCounter") -> None:
        log = self._container.logs.of(tenant_id)
        due = time.perf_counter()
        while not counter.is_over:
            appointment = _appointment(next(self._numbers))
            began = time.perf_counter()
            log.record(appointment, by=Provenance("key:bench", uuid7(), bytes(32)), guards=appointment.claims())
            ended = time.perf_counter()
            if per_second:
                counter.note(ended - due)
                # A late writer does not catch up: it skips the writes that it missed.
                due = max(due + 1 / per_second, ended)
                time.sleep(due - ended)
            else:
                counter.note(ended - began)


class _WriteCounter:
    """Counts writes; call it for the result."""

    def __init__(self) -> None:
        self.is_over = False
        self._waits: list[float] = []
        self._began = time.perf_counter()
        self._seconds = 0.0

    def note(self, seconds: float) -> None:
        self._waits.append(seconds)

    def stop(self) -> None:
        self.is_over = True
        self._seconds = time.perf_counter() - self._began

    def __call__(self) -> WriteResult:
        return WriteResult(len(self._waits) / self._seconds, percentile(self._waits, 0.95) * 1e3)


def _appointment(number: int) -> Appointment:
    now = datetime.now(UTC)
    starts_at = now.replace(second=0, microsecond=0) + timedelta(days=1, minutes=30 * number)
    visit = Visit(
        patient_id=uuid7(),
        service_id=uuid7(),
        clinician_id=uuid7(),
        location_id=uuid7(),
        resource_ids=(uuid7(),),
        during=TimeRange(starts_at, starts_at + timedelta(minutes=30)),
        price=Money(8000, "EUR"),
        mode="in_person",
    )
    return Appointment.book(id=uuid7(), visit=visit, at=now)


def _lost(before: Sequence[WriteResult], during: Sequence[WriteResult]) -> Spread:
    pairs = zip(before, during, strict=True)
    return Spread.of([max(0.0, 1 - slower.per_second / full.per_second) for full, slower in pairs])


def _rebuilds(alone: Sequence[RebuildResult], beside: Sequence[RebuildResult]) -> Table:
    rows = [
        (
            name,
            f"{rounds[-1].events:,}",
            Spread.of([one.per_second for one in rounds]).text(),
            Spread.of([one.cpu_seconds / one.events * 1e6 for one in rounds]).text(),
        )
        for name, rounds in (("alone", alone), (f"beside {WRITES_PER_SECOND} writes/s", beside))
    ]
    return Table(("rebuild", "events", "events/s", "CPU of its process, µs/event"), rows)


def _writes(quiet: dict[str, list[WriteResult]], busy: dict[str, list[WriteResult]]) -> Table:
    rows = []
    for pace in quiet:
        for when, rounds in (("before", quiet[pace]), ("during the rebuild", busy[pace])):
            rates, waits = [one.per_second for one in rounds], [one.p95_ms for one in rounds]
            rows.append((f"{pace}, {when}", Spread.of(rates).text(), Spread.of(waits).text()))
        rows.append((f"{pace}: lost %", _lost(quiet[pace], busy[pace]).text(scale=100), ""))
    return Table((f"{WRITERS} writers", "appends/s", "p95 ms"), rows)
