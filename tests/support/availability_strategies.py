"""Hypothesis strategies for opening hours, claims and availability queries."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import DAY, DayRange, OpeningHours
from domain.scheduling.availability.query import AvailabilityQuery, Candidate, Period, Place, Quota, VisitRules
from domain.scheduling.time_claim import TimeClaim
from tests.support.availability_builders import HERE, LASER, ROOM_1, ROOM_2, THERE, VISITOR, WEEK

ZONES = ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "Europe/Berlin", "UTC"]

# Days of DST changes in New York, Lord Howe, Berlin and Cairo, and a day without one.
DATES = [
    date(2026, 3, 8),
    date(2026, 11, 1),
    date(2026, 10, 4),
    date(2026, 10, 25),
    date(2026, 4, 24),
    date(2026, 6, 3),
]

FIVE = timedelta(minutes=5)


def midnight(on: date) -> datetime:
    return datetime.combine(on, datetime.min.time(), UTC)


@st.composite
def day_ranges(draw: st.DrawFn) -> list[str]:
    """Up to three disjoint ranges of one day, and perhaps a night until 00:40 or 24:00."""
    marks = sorted(draw(st.lists(st.integers(8, 276), min_size=2, max_size=6, unique=True)))
    ranges = [DayRange(marks[i] * 5, marks[i + 1] * 5) for i in range(0, len(marks) - 1, draw(st.integers(1, 2)))]
    return [str(r) for r in ranges[:3]] + draw(st.sampled_from([[], ["23:00-00:40"], ["23:20-24:00"]]))


@st.composite
def opening_hours(draw: st.DrawFn, on: date) -> OpeningHours:
    """The week has three kinds of days; around the date, any may be different."""
    kinds = [draw(day_ranges()), draw(day_ranges()), ["00:40-23:00"]]
    weeks = ["", "", *(f" every {n} from {on + timedelta(days=days)}" for n, days in ((2, -9), (2, 0), (3, -3)))]
    weekly = [f"{day} {text}{draw(st.sampled_from(weeks))}" for day in WEEK for text in draw(st.sampled_from(kinds))]
    overrides = []
    for offset in (-1, 0, 1, 2):
        other = draw(st.sampled_from([[], [], ["closed"], ["22:00-05:30"], kinds[0]]))
        overrides += [f"{on + timedelta(days=offset)} {text}" for text in other]
    return OpeningHours.parse(weekly, overrides)


@st.composite
def claims(draw: st.DrawFn, on: date, what: UUID, most: int = 6) -> list[TimeClaim]:
    found = []
    for start, length, before, after in draw(
        st.lists(
            st.tuples(st.integers(-60, 700), st.integers(1, 40), st.integers(0, 4), st.integers(0, 4)), max_size=most
        )
    ):
        begins = midnight(on) + start * FIVE
        visit = TimeRange(begins, begins + length * FIVE)
        found.append(TimeClaim(VISITOR, what, visit.with_buffers(before * 5, after * 5), visit))
    return found


@st.composite
def availability_queries(draw: st.DrawFn, zones: Sequence[str] = ZONES) -> tuple[AvailabilityQuery, TimeRange]:
    on = draw(st.sampled_from(DATES))
    places = [
        Place(
            location_id=location,
            zone=draw(st.sampled_from(zones)),
            hours=draw(opening_hours(on)),
            candidates=[
                Candidate(ROOM_1, "room", draw(claims(on, ROOM_1))),
                Candidate(LASER, "device", draw(claims(on, LASER))),
                Candidate(ROOM_2, "room", draw(claims(on, ROOM_2))),
            ],
        )
        for location in draw(st.sampled_from([[HERE], [HERE, THERE]]))
    ]
    rules = VisitRules(
        duration_minutes=draw(st.sampled_from([25, 50, 60, 400, DAY])),
        step_minutes=draw(st.sampled_from([15, 20, 50, 90])),
        buffer_before_minutes=draw(st.sampled_from([0, 10])),
        buffer_after_minutes=draw(st.sampled_from([0, 5, 30])),
        minimum_notice_minutes=draw(st.sampled_from([0, 600])),
        horizon_days=draw(st.sampled_from([1, 2, 30])),
        requires=draw(st.sampled_from([(), ("room",), ("device", "room"), ("room", "room")])),
    )
    now = midnight(on) + draw(st.integers(-24, 24)) * timedelta(hours=1, seconds=1)
    begins = midnight(on) + draw(st.integers(-50, 150)) * FIVE
    window = TimeRange(begins, begins + draw(st.integers(12, 500)) * FIVE)
    return AvailabilityQuery(now=now, rules=rules, places=places, busy=draw(claims(on, THERE))), window


MASSAGE, TALK = UUID(int=21), UUID(int=22)


@st.composite
def limited_queries(draw: st.DrawFn) -> tuple[AvailabilityQuery, TimeRange]:
    query, window = draw(availability_queries())
    on = window.starts_at.date()
    services = st.sampled_from([MASSAGE, TALK, None])
    busy = [each._replace(service_id=draw(services)) for each in [*query.busy, *draw(claims(on, THERE))]]
    quotas = draw(
        st.lists(
            st.builds(Quota, st.sampled_from(Period), st.integers(1, 4), st.sampled_from([None, MASSAGE, TALK])),
            max_size=3,
        )
    )
    begins = window.starts_at + draw(st.integers(-300, 300)) * FIVE
    time_off = draw(st.sampled_from([[], [TimeRange(begins, begins + draw(st.integers(1, 200)) * FIVE)]]))
    zone = draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Africa/Cairo"]))
    return replace(query, busy=busy, quotas=quotas, time_off=time_off, zone=zone), window
