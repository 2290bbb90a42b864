"""Properties of availability (L1, L2, property 5), and equality with a brute-force search."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import DAY, WEEKDAYS, OpeningHours, WeeklyRange
from domain.scheduling.availability.availability import offered, slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Place, VisitRules
from domain.scheduling.errors import SchedulingError
from domain.scheduling.series.recurrence import Recurrence
from tests.support.availability_builders import ROOM_1
from tests.support.availability_strategies import FIVE, availability_queries, claims, midnight

STEADY_ZONES = ["Asia/Kathmandu", "UTC", "Asia/Kolkata"]


@settings(max_examples=150)
@given(availability_queries(), st.data())
def test_what_is_offered_can_be_booked_and_nothing_else_can(
    request: tuple[AvailabilityQuery, TimeRange], data: st.DataObject
) -> None:
    query, window = request
    slots = offered(query, window)

    for slot in slots:
        assert slot_at(query, slot.starts_at) == slot
        # The times of several locations may hold it elsewhere, but what a slot names can be had.
        assert set(slot_at(query, slot.starts_at, slot.resource_ids).resource_ids) == set(slot.resource_ids)

    known = {slot.starts_at for slot in slots}
    minutes = int(window.duration.total_seconds()) // 60
    drawn = data.draw(st.lists(st.integers(0, minutes - 1), max_size=10))
    lenient = replace(query.rules, requires=(), minimum_notice_minutes=0, horizon_days=999)
    on_grid = offered(replace(query, busy=(), now=midnight(date(2026, 1, 1)), rules=lenient), window)
    for start in {window.starts_at + timedelta(minutes=minute) for minute in drawn} | {
        slot.starts_at for slot in on_grid
    }:
        try:
            assert slot_at(query, start).starts_at in known
        except SchedulingError:
            assert start not in known


@settings(max_examples=80)
@given(availability_queries(), st.integers(1, 499))
def test_a_window_split_in_two_gives_the_same_slots(request: tuple[AvailabilityQuery, TimeRange], split: int) -> None:
    query, window = request
    middle = min(window.starts_at + split * FIVE, window.ends_at - FIVE)

    halves = [TimeRange(window.starts_at, middle), TimeRange(middle, window.ends_at)]

    assert [slot for half in halves for slot in offered(query, half)] == offered(query, window)


@settings(max_examples=80)
@given(availability_queries(), st.data())
def test_another_visit_never_adds_a_start(request: tuple[AvailabilityQuery, TimeRange], data: st.DataObject) -> None:
    query, window = request
    before = {slot.starts_at for slot in offered(query, window)}
    another = data.draw(claims(window.starts_at.date(), ROOM_1))

    busier = replace(query, busy=[*query.busy, *another])
    fuller = replace(
        query,
        places=[
            replace(place, candidates=[c._replace(busy=[*c.busy, *another]) for c in place.candidates])
            for place in query.places
        ],
    )

    assert {slot.starts_at for slot in offered(busier, window)} <= before
    assert {slot.starts_at for slot in offered(fuller, window)} <= before


@settings(max_examples=100)
@given(availability_queries())
def test_claims_out_of_reach_do_not_matter(request: tuple[AvailabilityQuery, TimeRange]) -> None:
    query, window = request
    reach = query.rules.reach(window)

    near = replace(query, busy=[claim for claim in query.busy if claim.during.overlaps(reach)])

    assert offered(near, window) == offered(query, window)


@settings(max_examples=50)
@given(availability_queries(STEADY_ZONES))
def test_a_search_minute_by_minute_finds_the_same(request: tuple[AvailabilityQuery, TimeRange]) -> None:
    query, window = request

    assert [
        (slot.starts_at, slot.location_id, slot.resource_ids) for slot in offered(query, window)
    ] == brute_force_search(query, window)


def brute_force_search(query: AvailabilityQuery, window: TimeRange) -> list[tuple[datetime, UUID, tuple[UUID, ...]]]:
    """Search starts in steps of five minutes, in zones without DST."""
    rules = query.rules
    found = []
    start = window.starts_at
    while start < window.ends_at:
        visit = TimeRange(start, start + timedelta(minutes=rules.duration_minutes))
        held = visit.with_buffers(rules.buffer_before_minutes, rules.buffer_after_minutes)
        in_time = start >= query.now + timedelta(minutes=rules.minimum_notice_minutes)
        if in_time and not any(held.overlaps(claim.during) for claim in query.busy):
            for place in query.places:
                taken = first_free(place, rules.requires, held)
                if taken is not None and fits(place, rules, visit, query.now):
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
    grid = [begins for begins, _ in opening_ranges(place.hours, local.date()) if begins <= local]
    if not grid or (local - max(grid)) % timedelta(minutes=rules.step_minutes):
        return False
    ranges = opening_ranges(place.hours, local.date())
    minutes = [local + k * FIVE for k in range(rules.duration_minutes // 5)]
    is_open = all(any(begins <= minute < ends for begins, ends in ranges) for minute in minutes)
    return is_open and local.date() <= today + timedelta(days=rules.horizon_days)


def applies(each: WeeklyRange, day: date) -> bool:
    """Whether a weekly range applies on a date of its weekday, by the rule of a series."""
    rule = Recurrence.parse(f"FREQ=WEEKLY;INTERVAL={each.every};BYDAY={WEEKDAYS[day.weekday()][:2]}")
    first, begins = (datetime.combine(each_day, time()) for each_day in (date.fromordinal(each.first), day))
    return each.every == 1 or any(rule.starts(first, begins, begins + timedelta(days=1)))


def opening_ranges(hours: OpeningHours, around: date) -> list[tuple[datetime, datetime]]:
    """What is open on the wall clock around a date, one range a day joined where they touch."""
    overrides = dict(hours.overrides)
    found: list[tuple[datetime, datetime]] = []
    for day in (around + timedelta(days=n) for n in range(-1, 4)):
        joined: list[list[int]] = []
        for begins, ends in overrides.get(
            day, [each.hours for each in hours.weekly[day.weekday()] if applies(each, day)]
        ):
            if joined and joined[-1][1] == begins:
                joined[-1][1] = ends
            else:
                joined.append([begins, ends])
        for begins, ends in joined:
            last = min(ends, DAY) if day + timedelta(days=1) in overrides else ends
            found.append((midnight(day) + timedelta(minutes=begins), midnight(day) + timedelta(minutes=last)))
    return found
