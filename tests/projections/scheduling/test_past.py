"""The calendar as it stood at any position of the log."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from random import Random
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.sessions.group_session import GroupSession
from projections.scheduling.calendar.queries import Bookmark, CalendarEntry, CalendarFilter, SessionEntry
from tests.projections.view_checks import forget, rows_of
from tests.support.container import Container, by_test
from tests.support.random_history import NOW, RandomHistory

SLOW = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
HOUR = timedelta(hours=1)


def entries(container: Container, history: RandomHistory, position: int | None, **which: object) -> list[CalendarEntry]:
    filter_ = CalendarFilter(**which)  # type: ignore[arg-type]  # the fields are those of CalendarFilter
    if position is None:
        return list(container.calendar().appointments(history.tenant_id, filter_, limit=10_000).entries)
    return list(container.past_calendar().appointments(history.tenant_id, position, filter_, limit=10_000).entries)


def sessions(container: Container, history: RandomHistory, position: int, **which: object) -> list[SessionEntry]:
    filter_ = CalendarFilter(**which)  # type: ignore[arg-type]  # the fields are those of CalendarFilter
    return list(container.past_calendar().sessions(history.tenant_id, position, filter_, limit=10_000).entries)


class FoldedCalendar:
    """Every visit and session as the first events of the log make it, by its own rules alone."""

    def __init__(self, container: Container, history: RandomHistory) -> None:
        ids = [aggregate.id for aggregate in (*history.appointments, *history.gathering.sessions)]
        self._events = container.app_log.of_streams(history.tenant_id, ids, 0, 10_000)
        self._aggregate: Callable[[UUID, int], Appointment | GroupSession] = cache(
            lambda id_, version: history.log.repository.get(id_, version=version)
        )

    def at(self, position: int) -> dict[UUID, Appointment | GroupSession]:
        versions = {event.stream_id: event.version for event in self._events if event.position <= position}
        return {id_: self._aggregate(id_, version) for id_, version in versions.items()}


class TestCalendarAtPosition:
    @SLOW
    @given(seed=st.integers(0, 10_000), page=st.sampled_from([1, 3, 17, 250]), batch_size=st.sampled_from([1, 5]))
    def test_is_the_fold_of_the_first_events_for_any_batches(
        self, container: Container, seed: int, page: int, batch_size: int
    ) -> None:
        history = RandomHistory(container, container.practice(), Random(seed))
        last = history.append_events(45, batch_size=batch_size)
        container.runner(page=page).catch_up(history.tenant_id)

        fold = FoldedCalendar(container, history)
        for position in range(last + 1):
            then = fold.at(position)
            visits = {entry.appointment_id: entry for entry in entries(container, history, position)}
            classes = {entry.session_id: entry for entry in sessions(container, history, position)}
            assert visits.keys() | classes.keys() == then.keys()
            for id_, aggregate in then.items():
                entry = visits[id_] if isinstance(aggregate, Appointment) else classes[id_]
                assert (entry.status, entry.version) == (aggregate.status, aggregate.version), id_
                assert (entry.starts_at, entry.ends_at) == (aggregate.starts_at, aggregate.ends_at)
                assert (entry.location_id, list(entry.resource_ids)) == (aggregate.location_id, aggregate.resource_ids)
                assert entry.position <= position
                if isinstance(aggregate, Appointment):
                    assert visits[id_].clinician_id == aggregate.clinician_id
                else:
                    shown = classes[id_]
                    assert (list(shown.staff_ids), shown.grace_until) == (aggregate.staff_ids, aggregate.grace_until)
                    assert (shown.seats, shown.taken, shown.waiting) == (
                        aggregate.seats,
                        len(aggregate.roster),
                        len(aggregate.waiting),
                    )

    @SLOW
    @given(seed=st.integers(0, 10_000), part=st.floats(0, 1))
    def test_is_what_the_first_events_alone_would_show(self, container: Container, seed: int, part: float) -> None:
        """Project to a position, then go on: the past view of that position is the same."""
        history = RandomHistory(container, container.practice(), Random(seed))
        first = history.append_events(max(1, int(50 * part)), batch_size=3)
        container.runner().catch_up(history.tenant_id)
        before = entries(container, history, None)

        history.append_events(50, batch_size=7)
        container.runner().catch_up(history.tenant_id)

        assert entries(container, history, first) == before

    def test_in_a_window_leaves_out_visits_moved_in_later(self, container: Container, history: RandomHistory) -> None:
        history.patients.append(history.register())
        history.log.record(history.patients[0], by=by_test())
        visit = history.book(starts_at=NOW + HOUR)
        booked = history.log.record(visit, by=by_test())
        visit.reschedule(TimeRange(NOW + 50 * HOUR, NOW + 51 * HOUR), [], NOW)
        moved = history.log.record(visit, by=by_test())
        container.runner().catch_up(history.tenant_id)
        today = {"starts_from": NOW, "until": NOW + 24 * HOUR}
        later = {"starts_from": NOW + 48 * HOUR, "until": NOW + 72 * HOUR}

        shown = [
            [len(entries(container, history, position, **day)) for day in (today, later)]
            for position in (1, booked, moved)
        ]

        assert shown == [[0, 0], [1, 0], [0, 1]]

    def test_does_not_change_between_pages(self, container: Container, history: RandomHistory) -> None:
        history.append_events(200, batch_size=4)
        position = 180
        container.runner().catch_up(history.tenant_id)
        whole = entries(container, history, position)
        seen: list[CalendarEntry] = []
        after: Bookmark | None = None

        while True:
            page = container.past_calendar().appointments(
                history.tenant_id, position, CalendarFilter(), after=after, limit=7
            )
            seen += page.entries
            history.append_events(2)
            container.runner().catch_up(history.tenant_id)
            if (after := page.after) is None:
                break

        assert seen == whole
        assert len(seen) > 20

    def test_of_a_clinician_or_a_room_is_part_of_the_whole(self, container: Container, history: RandomHistory) -> None:
        history.append_events(120, batch_size=4)
        container.runner().catch_up(history.tenant_id)
        whole = entries(container, history, 70)

        for clinician in history.clinicians:
            mine = [entry for entry in whole if entry.clinician_id == clinician]
            assert entries(container, history, 70, clinician_id=clinician) == mine
        room = history.rooms[0]
        assert entries(container, history, 70, resource_id=room) == [
            entry for entry in whole if room in entry.resource_ids
        ]
        classes = sessions(container, history, 70)
        clinician = history.clinicians[0]
        assert sessions(container, history, 70, clinician_id=clinician) == [
            one for one in classes if clinician in one.staff_ids
        ]
        assert sessions(container, history, 70, resource_id=room) == [
            one for one in classes if room in one.resource_ids
        ]

    def test_rows_are_the_same_for_any_batches(self, container: Container, history: RandomHistory) -> None:
        history.append_events(150, batch_size=10)
        container.runner(page=1).catch_up(history.tenant_id)
        one_by_one = rows_of(container, history.tenant_id)
        forget(container, history.tenant_id)

        container.runner(page=1_000).catch_up(history.tenant_id)

        assert rows_of(container, history.tenant_id) == one_by_one


class TestFormerPlace:
    def test_is_kept_of_moved_visits_only(self, container: Container, history: RandomHistory) -> None:
        history.patients.append(history.register())
        history.log.record(history.patients[0], by=by_test())
        stays, goes = history.book(starts_at=NOW + HOUR), history.book(starts_at=NOW + HOUR)
        booked = history.log.record(stays, goes, by=by_test())
        stays.check_in(NOW + HOUR)
        stays.complete(NOW + HOUR)
        history.log.record(stays, by=by_test())
        moves = []
        for number in (2, 3):
            goes.reschedule(TimeRange(NOW + number * HOUR, NOW + (number + 1) * HOUR), [], NOW)
            moves.append(history.log.record(goes, by=by_test()))
        container.runner().catch_up(history.tenant_id)

        kept = rows_of(container, history.tenant_id)["calendar.former_place"]

        assert [(row[1], row[2], row[3], row[6]) for row in kept] == [
            (goes.id, booked, moves[0], NOW + HOUR),
            (goes.id, moves[0], moves[1], NOW + 2 * HOUR),
        ]
