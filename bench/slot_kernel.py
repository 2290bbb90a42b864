"""(e) The slot kernel alone: the time to find free slots, without a database."""

import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from bench.figures import Spread
from bench.options import Options
from bench.report import Goal, Table
from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import OpeningHours
from domain.scheduling.availability.availability import offered
from domain.scheduling.availability.query import AvailabilityQuery, Candidate, Place, VisitRules
from domain.scheduling.time_claim import TimeClaim

_NAMESPACE: Final = UUID("6f1c9a52-6f0f-4c0e-9d0c-4f6a51f6c001")
_ZONE: Final = "Europe/Berlin"
# The fortnight and the month include 29 March, when daylight saving time starts in Berlin.
_FROM: Final = datetime(2026, 3, 16, tzinfo=UTC)
_WEEKLY: Final = [
    f"{day} {hours}" for day in ("mon", "tue", "wed", "thu", "fri") for hours in ("09:00-13:00", "14:00-18:00")
]

FORTNIGHT_MS: Final = 0.2
MONTH_MS: Final = 5.0


def kernel(options: Options) -> tuple[list[Goal], Table]:
    """Return the goals and the table of the kernel's timings."""
    fortnight = TimeRange(_FROM, _FROM + timedelta(days=14))
    month = TimeRange(_FROM, _FROM + timedelta(days=31))
    cases: list[tuple[str, Callable[[], int]]] = []
    for step in (30, 15):
        one = question("0", step, fortnight, busy=40)
        ten = [question(str(number), step, month, busy=90) for number in range(10)]
        roomy = question("0", step, fortnight, busy=40, rooms=3)
        cases += [
            (f"14 days, 40 busy, a start every {step} min", _answering([one], fortnight)),
            (f"14 days, 40 busy, 1 of 3 rooms, a start every {step} min", _answering([roomy], fortnight)),
            (f"10 clinicians x 31 days, 90 busy each, a start every {step} min", _answering(ten, month)),
        ]
    repeats = 20 if options.quick else 200
    rounds: dict[str, list[float]] = {name: [] for name, _ in cases}
    for _ in range(options.rounds):
        for name, ask in cases:
            rounds[name].append(_milliseconds(ask, repeats))
    measured = {name: Spread.of(times) for name, times in rounds.items()}
    goals = [
        _goal("kernel, 14 days, 40 busy", measured["14 days, 40 busy, a start every 15 min"], FORTNIGHT_MS, "17"),
        _goal(
            "kernel, 10 clinicians x 31 days",
            measured["10 clinicians x 31 days, 90 busy each, a start every 15 min"],
            MONTH_MS,
            "492",
        ),
    ]
    rows = [(name, str(ask()), measured[name].text()) for name, ask in cases]
    return goals, Table(("kernel alone, one core", "slots", "ms"), rows)


def question(clinician: str, step: int, window: TimeRange, *, busy: int, rooms: int = 0) -> AvailabilityQuery:
    """Return a query for a clinician in Berlin with ``busy`` half hours taken inside the window."""
    hours = OpeningHours.parse(_WEEKLY, ["2026-03-20 09:00-12:00", "2026-03-27 closed"])
    candidates = [
        Candidate(uuid5(_NAMESPACE, f"room {number}"), "room", _claims(f"room {number}", window, busy))
        for number in range(rooms)
    ]
    return AvailabilityQuery(
        now=_FROM - timedelta(days=1),
        rules=VisitRules(
            duration_minutes=30, step_minutes=step, buffer_after_minutes=10, requires=("room",) if rooms else ()
        ),
        places=[Place(location_id=uuid5(_NAMESPACE, "location"), zone=_ZONE, hours=hours, candidates=candidates)],
        busy=_claims(clinician, window, busy),
    )


def _claims(what: str, window: TimeRange, count: int) -> list[TimeClaim]:
    chance = random.Random(what)
    days = [
        window.starts_at.date() + timedelta(days=number) for number in range((window.ends_at - window.starts_at).days)
    ]
    starts = [_on(day, minutes) for day in days if day.weekday() < 5 for minutes in range(8 * 60, 16 * 60, 40)]
    return [
        TimeClaim(uuid5(_NAMESPACE, f"{what} {number}"), uuid5(_NAMESPACE, what), during, during)
        for number, start in enumerate(chance.sample(starts, count))
        for during in [TimeRange(start, start + timedelta(minutes=40))]
    ]


def _on(day: date, minutes: int) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)


def _answering(questions: Sequence[AvailabilityQuery], window: TimeRange) -> Callable[[], int]:
    return lambda: sum(len(offered(question, window)) for question in questions)


def _milliseconds(ask: Callable[[], int], repeats: int) -> float:
    began = time.process_time()
    for _ in range(repeats):
        ask()
    return (time.process_time() - began) / repeats * 1e3


def _goal(what: str, spread: Spread, below_ms: float, peer_ms: str) -> Goal:
    return Goal(what, f"< {below_ms} ms (a peer: {peer_ms} ms)", spread.text("ms"), spread.middle < below_ms)
