"""Availability, for any hours, visits and windows: L1, L2 and property 5, and the same answer as a search minute by minute."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import DAY, DayRange, OpeningHours
from domain.scheduling.availability.availability import offered, slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Candidate, Place, VisitRules
from domain.scheduling.errors import SchedulingError
from domain.scheduling.time_claim import TimeClaim
from tests.support.given import HERE, LASER, ROOM_1, ROOM_2, THERE, VISITOR, WEEK

ZONES = ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "Europe/Berlin", "UTC"]
STEADY_ZONES = ["Asia/Kathmandu", "UTC", "Asia/Kolkata"]
# Sunday nights of the change in New York, Lord Howe and Berlin, the Friday of Cairo, and a plain week.
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
    """Up to three ranges of one day that may touch but not overlap, and perhaps a night until 00:40 or 24:00."""
    marks = sorted(draw(st.lists(st.integers(8, 276), min_size=2, max_size=6, unique=True)))
    ranges = [DayRange(marks[i] * 5, marks[i + 1] * 5) for i in range(0, len(marks) - 1, draw(st.integers(1, 2)))]
    return [str(r) for r in ranges[:3]] + draw(st.sampled_from([[], ["23:00-00:40"], ["23:20-24:00"]]))


@st.composite
def opening_hours(draw: st.DrawFn, on: date) -> OpeningHours:
    """The week has three kinds of days; around the date, any may be different."""
    kinds = [draw(day_ranges()), draw(day_ranges()), ["00:40-23:00"]]
    weekly = [f"{day} {text}" for day in WEEK for text in draw(st.sampled_from(kinds))]
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
def questions(draw: st.DrawFn, zones: Sequence[str] = ZONES) -> tuple[AvailabilityQuery, TimeRange]:
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


@settings(max_examples=150)
@given(questions(), st.data())
def test_what_is_offered_can_be_booked_and_nothing_else_can(
    asked: tuple[AvailabilityQuery, TimeRange], data: st.DataObject
) -> None:
    question, window = asked
    slots = offered(question, window)

    for slot in slots:
        assert slot_at(question, slot.starts_at) == slot
        # The times of several locations may hold it elsewhere, but what a slot names can be had.
        assert set(slot_at(question, slot.starts_at, slot.resource_ids).resource_ids) == set(slot.resource_ids)

    known = {slot.starts_at for slot in slots}
    minutes = int(window.duration.total_seconds()) // 60
    drawn = data.draw(st.lists(st.integers(0, minutes - 1), max_size=10))
    lenient = replace(question.rules, requires=(), minimum_notice_minutes=0, horizon_days=999)
    on_grid = offered(replace(question, busy=(), now=midnight(date(2026, 1, 1)), rules=lenient), window)
    for start in {window.starts_at + timedelta(minutes=minute) for minute in drawn} | {
        slot.starts_at for slot in on_grid
    }:
        try:
            assert slot_at(question, start).starts_at in known
        except SchedulingError:
            assert start not in known


@settings(max_examples=80)
@given(questions(), st.integers(1, 499))
def test_a_window_split_in_two_gives_the_same_slots(asked: tuple[AvailabilityQuery, TimeRange], split: int) -> None:
    question, window = asked
    middle = min(window.starts_at + split * FIVE, window.ends_at - FIVE)

    halves = [TimeRange(window.starts_at, middle), TimeRange(middle, window.ends_at)]

    assert [slot for half in halves for slot in offered(question, half)] == offered(question, window)


@settings(max_examples=80)
@given(questions(), st.data())
def test_another_visit_never_adds_a_start(asked: tuple[AvailabilityQuery, TimeRange], data: st.DataObject) -> None:
    question, window = asked
    before = {slot.starts_at for slot in offered(question, window)}
    another = data.draw(claims(window.starts_at.date(), ROOM_1))

    busier = replace(question, busy=[*question.busy, *another])
    fuller = replace(
        question,
        places=[
            replace(place, candidates=[c._replace(busy=[*c.busy, *another]) for c in place.candidates])
            for place in question.places
        ],
    )

    assert {slot.starts_at for slot in offered(busier, window)} <= before
    assert {slot.starts_at for slot in offered(fuller, window)} <= before


@settings(max_examples=100)
@given(questions())
def test_claims_out_of_reach_do_not_matter(asked: tuple[AvailabilityQuery, TimeRange]) -> None:
    question, window = asked
    reach = question.rules.reach(window)

    near = replace(question, busy=[claim for claim in question.busy if claim.during.overlaps(reach)])

    assert offered(near, window) == offered(question, window)


@settings(max_examples=150)
@given(questions(STEADY_ZONES))
def test_a_search_minute_by_minute_finds_the_same(asked: tuple[AvailabilityQuery, TimeRange]) -> None:
    question, window = asked

    assert [(slot.starts_at, slot.location_id, slot.resource_ids) for slot in offered(question, window)] == searched(
        question, window
    )


def searched(question: AvailabilityQuery, window: TimeRange) -> list[tuple[datetime, UUID, tuple[UUID, ...]]]:
    """Availability as one would explain it, in zones whose clocks never change; all times are multiples of five minutes."""
    rules = question.rules
    found = []
    start = window.starts_at
    while start < window.ends_at:
        visit = TimeRange(start, start + timedelta(minutes=rules.duration_minutes))
        held = visit.with_buffers(rules.buffer_before_minutes, rules.buffer_after_minutes)
        in_time = start >= question.now + timedelta(minutes=rules.minimum_notice_minutes)
        if in_time and not any(held.overlaps(claim.during) for claim in question.busy):
            for place in question.places:
                taken = first_free(place, rules.requires, held)
                if taken is not None and fits(place, rules, visit, question.now):
                    found.append((start, place.location_id, taken))
                    break
        start += FIVE
    return found


def first_free(place: Place, requires: tuple[str, ...], held: TimeRange) -> tuple[UUID, ...] | None:
    taken: list[UUID] = []
    for kind in sorted(requires):
        free = [
            c.id
            for c in place.candidates
            if c.kind == kind and c.id not in taken and not any(held.overlaps(claim.during) for claim in c.busy)
        ]
        if not free:
            return None
        taken.append(free[0])
    return tuple(taken)


def fits(place: Place, rules: VisitRules, visit: TimeRange, now: datetime) -> bool:
    offset = {"Asia/Kathmandu": 345, "Asia/Kolkata": 330, "UTC": 0}[place.zone]
    local = visit.starts_at + timedelta(minutes=offset)
    today = (now + timedelta(minutes=offset)).date()
    assert isinstance(place.hours, OpeningHours)
    grid = [begins for begins, _ in opened(place.hours, local.date()) if begins <= local]
    if not grid or (local - max(grid)) % timedelta(minutes=rules.step_minutes):
        return False
    ranges = opened(place.hours, local.date())
    minutes = [local + k * FIVE for k in range(rules.duration_minutes // 5)]
    is_open = all(any(begins <= minute < ends for begins, ends in ranges) for minute in minutes)
    return is_open and local.date() <= today + timedelta(days=rules.horizon_days)


def opened(hours: OpeningHours, around: date) -> list[tuple[datetime, datetime]]:
    """What is open on the wall clock around a date, one range a day joined where they touch."""
    overrides = dict(hours.overrides)
    found: list[tuple[datetime, datetime]] = []
    for day in (around + timedelta(days=n) for n in range(-1, 4)):
        joined: list[list[int]] = []
        for begins, ends in overrides.get(day, hours.weekly[day.weekday()]):
            if joined and joined[-1][1] == begins:
                joined[-1][1] = ends
            else:
                joined.append([begins, ends])
        for begins, ends in joined:
            last = min(ends, DAY) if day + timedelta(days=1) in overrides else ends
            found.append((midnight(day) + timedelta(minutes=begins), midnight(day) + timedelta(minutes=last)))
    return found
