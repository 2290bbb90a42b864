"""The calendar: windows of time, filters, pages."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.status import Status
from domain.scheduling.series.occurrence_plan import PlanChange, PlannedOccurrence, Scope
from domain.scheduling.sessions.course import Course
from projections.scheduling.calendar.queries import CalendarFilter
from tests.projections.view_checks import forget, rows_of
from tests.support.container import Container, by_test
from tests.support.random_history import NOW, RandomHistory

HOUR = timedelta(hours=1)


@pytest.fixture
def booked(container: Container, history: RandomHistory) -> RandomHistory:
    """Ten visits, one an hour from NOW + 1 h on, each of 25 minutes or more."""
    history.patients.append(history.register())
    history.log.record(history.patients[0], by=by_test())
    for number in range(1, 11):
        history.log.record(history.book(history.patients[0], NOW + number * HOUR), by=by_test())
    container.runner().catch_up(history.tenant_id)
    return history


def starts(container: Container, tenant_id: UUID, which: CalendarFilter) -> list[float]:
    entries = container.calendar().appointments(tenant_id, which).entries
    return [(entry.starts_at - NOW) / HOUR for entry in entries]


class TestPage:
    def test_shows_visits_that_overlap_the_window(self, container: Container, booked: RandomHistory) -> None:
        third = booked.appointments[2]
        window = CalendarFilter(starts_from=third.ends_at - timedelta(minutes=1), until=NOW + 6 * HOUR)

        assert starts(container, booked.tenant_id, window) == [3, 4, 5]

    def test_leaves_out_visits_that_only_touch_the_window(self, container: Container, booked: RandomHistory) -> None:
        third = booked.appointments[2]
        window = CalendarFilter(starts_from=third.ends_at, until=NOW + 4 * HOUR)

        assert 3 not in starts(container, booked.tenant_id, window)
        assert 4 not in starts(container, booked.tenant_id, window)

    def test_is_of_one_clinician_resource_patient_or_status(self, container: Container, booked: RandomHistory) -> None:
        booked.appointments[0].cancel("krank", NOW)
        booked.log.record(booked.appointments[0], by=by_test())
        container.runner().catch_up(booked.tenant_id)
        visits = booked.appointments
        clinician, room = booked.clinicians[0], booked.rooms[0]

        def found(which: CalendarFilter) -> set[UUID]:
            return {
                entry.appointment_id for entry in container.calendar().appointments(booked.tenant_id, which).entries
            }

        assert found(CalendarFilter(clinician_id=clinician)) == {v.id for v in visits if v.clinician_id == clinician}
        assert found(CalendarFilter(resource_id=room)) == {v.id for v in visits if room in v.resource_ids}
        assert found(CalendarFilter(patient_ids=[booked.patients[0].id])) == {v.id for v in visits}
        assert found(CalendarFilter(patient_ids=[uuid7()])) == set()
        assert found(CalendarFilter(statuses=[Status.CANCELLED])) == {visits[0].id}
        assert len(found(CalendarFilter(statuses=[Status.BOOKED]))) == 9

    def test_continues_after_the_last_visit_among_equal_starts(
        self, container: Container, booked: RandomHistory
    ) -> None:
        for _ in range(5):
            booked.log.record(booked.book(starts_at=NOW + 5 * HOUR), by=by_test())
        container.runner().catch_up(booked.tenant_id)
        seen, after = [], None

        while True:
            page = container.calendar().appointments(booked.tenant_id, CalendarFilter(), after=after, limit=4)
            seen += [entry.appointment_id for entry in page.entries]
            if (after := page.after) is None:
                break

        assert len(seen) == len(set(seen)) == 15

    def test_returns_all_fields_in_utc(self, container: Container, booked: RandomHistory) -> None:
        visit = booked.appointments[0]

        entries = container.calendar().appointments(booked.tenant_id, CalendarFilter()).entries
        entry = next(each for each in entries if each.appointment_id == visit.id)

        assert (entry.starts_at, entry.ends_at, entry.status) == (visit.starts_at, visit.ends_at, "booked")
        assert entry.starts_at.tzname() == entry.booked_at.tzname() == "UTC"
        assert (entry.price_amount_minor, entry.price_currency) == (8000, "EUR")
        assert (entry.buffer_before_minutes, entry.buffer_after_minutes, entry.mode) == (0, 10, "in_person")
        assert (entry.version, entry.resource_ids) == (1, tuple(visit.resource_ids))

    def test_shows_a_moved_visit_at_its_new_time(self, container: Container, booked: RandomHistory) -> None:
        visit = booked.appointments[0]
        to = TimeRange(NOW + 30 * HOUR, NOW + 31 * HOUR)
        visit.reschedule(to, [booked.rooms[2]], NOW)
        booked.log.record(visit, by=by_test())
        container.runner().catch_up(booked.tenant_id)

        [moved] = (
            container.calendar().appointments(booked.tenant_id, CalendarFilter(starts_from=NOW + 29 * HOUR)).entries
        )

        assert (moved.starts_at, moved.ends_at, moved.resource_ids) == (to.starts_at, to.ends_at, (booked.rooms[2],))
        assert 1 not in starts(container, booked.tenant_id, CalendarFilter())

    def test_is_read_through_an_index_under_row_level_security(
        self, container: Container, booked: RandomHistory
    ) -> None:
        with container.app_transaction(booked.tenant_id) as cursor:
            # Independent of the statistics: only this index gives this order without sorting.
            cursor.execute(
                "set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off"
            )
            plan = cursor.execute(
                "explain select * from calendar.appointment where tenant_id = %s and starts_at > now() order by starts_at",
                (booked.tenant_id,),
            ).fetchall()

        assert any("appointment_by_start" in line for (line,) in plan)
        assert any("starts_at > now()" in line for (line,) in plan if "Index Cond" in line)


class TestCourses:
    def test_have_the_same_rows_for_any_batches(self, container: Container, history: RandomHistory) -> None:
        starts, clinicians = [NOW + week * timedelta(weeks=1) for week in range(1, 3)], history.clinicians
        sessions = [
            PlannedOccurrence(index, start.replace(tzinfo=None), start, uuid7())
            for index, start in enumerate(starts, 1)
        ]
        course = Course.plan(
            id=uuid7(),
            service_id=history.service_id,
            staff_ids=clinicians[:1],
            seats=8,
            zone="Europe/Berlin",
            rrule="FREQ=WEEKLY;COUNT=2",
            occurrences=sessions,
            at=NOW,
        )
        later = {index: start + HOUR for index, start in enumerate(starts, 1)}
        facts: list[Callable[[], None]] = [
            lambda: course.change(PlanChange(Scope.ALL, 1, [1, 2], {}), clinicians, later, NOW),
            lambda: course.change(PlanChange(Scope.FOLLOWING, 2, [2], {1: "x"}), clinicians[1:], later, NOW),
            lambda: course.enrol(uuid7(), 1, {1: True, 2: False}, {}, NOW),
            lambda: course.withdraw(uuid7(), 1, [1], {2: "not_enrolled"}, NOW),
            lambda: course.cancel(1, [1, 2], {}, NOW),
        ]
        for happen in (None, *facts):
            if happen:
                happen()
            history.log.record(course, by=by_test())
            container.runner().catch_up(history.tenant_id)
        before = rows_of(container, history.tenant_id)

        forget(container, history.tenant_id)
        container.runner().catch_up(history.tenant_id)

        assert rows_of(container, history.tenant_id) == before
        [entry], _ = container.calendar().courses(history.tenant_id)
        assert (entry.staff_ids, entry.starts_at, entry.version) == (tuple(clinicians[1:]), starts[0] + HOUR, 6)
