"""The runner: each view is the fold of its log, for any batches, runners and faulty events."""

import logging
import threading
from collections.abc import Callable, Iterator
from random import Random
from uuid import UUID

import psycopg
import pytest

from event_store.append.notifier import listen
from event_store.embedded import SUPERUSER
from projections.engine.cursors import status
from projections.engine.waiting import wait_for
from tests.projections.engine.failing_projector import FailingCalendarProjector, with_failing_projector
from tests.projections.view_checks import VIEWS, assert_views_are_folds, cursors_of, forget, rows_of
from tests.support.container import Container
from tests.support.random_history import RandomHistory
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until


class TestCatchUp:
    @pytest.mark.parametrize("seed", range(3))
    def test_makes_each_view_the_fold_of_the_log(
        self, container: Container, new_history: Callable[[int], RandomHistory], seed: int
    ) -> None:
        history = new_history(seed)
        runner = container.runner(page=7)

        for number in Random(seed).choices(range(1, 25), k=6):
            last = history.append_events(number)
            runner.catch_up(history.tenant_id)

            assert_views_are_folds(container, history)
            assert cursors_of(container, history.tenant_id) == dict.fromkeys(VIEWS, (last, None, None))

    def test_gives_the_same_rows_for_any_page_size(self, container: Container, history: RandomHistory) -> None:
        history.append_events(120, batch_size=10)
        history.erase(history.patients[0])
        seen = []

        for page in (1, 3, 1000):
            forget(container, history.tenant_id)
            container.runner(page=page).catch_up(history.tenant_id)
            seen.append(rows_of(container, history.tenant_id))

        assert seen[0] == seen[1] == seen[2]
        assert all(seen[0].values())

    def test_applies_nothing_twice_when_two_run_at_once(
        self, container: Container, history: RandomHistory, caplog: pytest.LogCaptureFixture
    ) -> None:
        history.append_events(300, batch_size=20)
        together = threading.Barrier(3)

        def run() -> None:
            runner = container.runner(page=5)
            together.wait()
            runner.catch_up(history.tenant_id)

        threads = [threading.Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert_views_are_folds(container, history)
        assert "stopped" not in caplog.text
        together_made = rows_of(container, history.tenant_id)
        forget(container, history.tenant_id)
        container.runner().catch_up(history.tenant_id)
        assert rows_of(container, history.tenant_id) == together_made


class TestSteps:
    def test_project_several_practices_and_return_those_with_more(
        self, container: Container, new_history: Callable[[int], RandomHistory]
    ) -> None:
        short, long, idle = new_history(1), new_history(2), new_history(3)
        runner = container.runner(page=30)
        runner.catch_up(idle.tenant_id)
        last = short.append_events(20, batch_size=10)
        long.append_events(40, batch_size=10)

        more = runner.steps([short.tenant_id, long.tenant_id, idle.tenant_id])

        assert more == [long.tenant_id]
        assert cursors_of(container, short.tenant_id) == dict.fromkeys(VIEWS, (last, None, None))
        assert cursors_of(container, long.tenant_id) == dict.fromkeys(VIEWS, (30, None, None))
        assert_views_are_folds(container, short)

    def test_project_the_others_if_one_practice_fails_and_one_was_projected_elsewhere(
        self, container: Container, new_history: Callable[[int], RandomHistory]
    ) -> None:
        failing, unreadable, moved, healthy = (new_history(seed) for seed in range(4))
        runner = container.runner(of=with_failing_projector(container, FailingCalendarProjector(12)))
        runner.steps([history.tenant_id for history in (failing, unreadable, moved, healthy)])
        last = {history.tenant_id: history.append_events(5, batch_size=5) for history in (unreadable, moved, healthy)}
        failing.append_events(20, batch_size=10)
        alter_log(container, unreadable.tenant_id, "update log.event set schema_version = 9 where position = 4")
        container.runner().catch_up(moved.tenant_id)

        more = [history.tenant_id for history in (failing, unreadable, moved, healthy)]
        while more:
            more = runner.steps(more)

        assert cursors_of(container, failing.tenant_id)["calendar"] == (11, "ValueError", 12)
        assert cursors_of(container, unreadable.tenant_id) == dict.fromkeys(VIEWS, (3, "NewerVersionError", 4))
        assert cursors_of(container, moved.tenant_id) == dict.fromkeys(VIEWS, (last[moved.tenant_id], None, None))
        assert cursors_of(container, healthy.tenant_id) == dict.fromkeys(VIEWS, (last[healthy.tenant_id], None, None))
        assert_views_are_folds(container, moved)
        assert_views_are_folds(container, healthy)


class TestFailingProjector:
    def test_stops_that_projector_before_it_and_no_other(
        self, container: Container, history: RandomHistory, caplog: pytest.LogCaptureFixture
    ) -> None:
        last = history.append_events(60, batch_size=10)

        with caplog.at_level(logging.ERROR):
            container.runner(of=with_failing_projector(container, FailingCalendarProjector(37))).catch_up(
                history.tenant_id
            )

        expected = dict.fromkeys(VIEWS, (last, None, None)) | {"calendar": (36, "ValueError", 37)}
        assert cursors_of(container, history.tenant_id) == expected
        assert "calendar stopped" in caplog.text
        assert "Noa" not in caplog.text

    def test_stops_no_other_practice(self, container: Container, new_history: Callable[[int], RandomHistory]) -> None:
        failing, healthy = new_history(1), new_history(2)
        failing.append_events(40, batch_size=10)
        last = healthy.append_events(9)

        container.runner(of=with_failing_projector(container, FailingCalendarProjector(37))).sweep()

        assert cursors_of(container, failing.tenant_id)["calendar"] == (36, "ValueError", 37)
        assert cursors_of(container, healthy.tenant_id) == dict.fromkeys(VIEWS, (last, None, None))

    def test_is_retried_by_the_next_start_once_the_fault_is_fixed(
        self, container: Container, history: RandomHistory
    ) -> None:
        last = history.append_events(60, batch_size=10)
        container.runner(of=with_failing_projector(container, FailingCalendarProjector(37))).catch_up(history.tenant_id)

        container.runner().sweep()

        assert cursors_of(container, history.tenant_id) == dict.fromkeys(VIEWS, (last, None, None))
        assert_views_are_folds(container, history)

    def test_is_retried_by_the_same_runner(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(20, batch_size=10)
        faulty = FailingCalendarProjector(15)
        runner = container.runner(of=with_failing_projector(container, faulty))
        runner.catch_up(history.tenant_id)

        faulty.positions.clear()
        runner.catch_up(history.tenant_id)

        assert cursors_of(container, history.tenant_id) == dict.fromkeys(VIEWS, (last, None, None))

    def test_is_retried_after_a_pause(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(20, batch_size=10)
        faulty = FailingCalendarProjector(15)
        runner = container.runner(of=with_failing_projector(container, faulty))
        runner.catch_up(history.tenant_id)
        faulty.positions.clear()

        assert not runner.step(history.tenant_id)
        wait_until(
            lambda: runner.step(history.tenant_id) or cursors_of(container, history.tenant_id)["calendar"][0] == last,
            "the event is tried again",
        )

        assert cursors_of(container, history.tenant_id) == dict.fromkeys(VIEWS, (last, None, None))

    def test_shows_in_the_status(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(20, batch_size=10)
        container.runner(of=with_failing_projector(container, FailingCalendarProjector(15))).catch_up(history.tenant_id)

        with container.projector.connection() as connection:
            lines = status(connection, VIEWS)

        [calendar] = [line for line in lines if (line.tenant_id, line.projector) == (history.tenant_id, "calendar")]
        assert (calendar.head, calendar.position, calendar.lag) == (last, 14, last - 14)
        assert (calendar.error, calendar.failed_position) == ("ValueError", 15)


class TestUnreadableEvent:
    def test_of_a_newer_version_stops_the_practice_before_it(
        self, container: Container, history: RandomHistory
    ) -> None:
        history.append_events(30, batch_size=10)
        alter_log(container, history.tenant_id, "update log.event set schema_version = 9 where position = 22")

        container.runner().catch_up(history.tenant_id)

        assert cursors_of(container, history.tenant_id) == dict.fromkeys(VIEWS, (21, "NewerVersionError", 22))

    def test_because_it_is_missing_stops_the_practice_before_the_gap(
        self, container: Container, history: RandomHistory
    ) -> None:
        history.append_events(30, batch_size=10)
        alter_log(container, history.tenant_id, "delete from log.event where position = 22")

        container.runner().catch_up(history.tenant_id)

        assert cursors_of(container, history.tenant_id) == dict.fromkeys(VIEWS, (21, "GapError", 22))


class TestRun:
    def test_follows_hints_and_sweeps_until_it_is_stopped(self, container: Container, history: RandomHistory) -> None:
        runner, stop = container.runner(), threading.Event()
        thread = threading.Thread(target=runner.run, args=(lambda: hints(container), stop))
        thread.start()
        try:
            for _ in range(5):
                last = history.append_events(3)
                wait_for(container.app_transaction, history.tenant_id, VIEWS, last, timeout_seconds=TIMEOUT_SECONDS)
        finally:
            stop.set()
            thread.join(TIMEOUT_SECONDS)

        assert not thread.is_alive()
        assert_views_are_folds(container, history)

    def test_reconnects_after_its_connections_were_cut(self, container: Container, history: RandomHistory) -> None:
        runner, stop = container.runner(), threading.Event()
        thread = threading.Thread(target=runner.run, args=(lambda: hints(container), stop))
        thread.start()
        try:
            last = history.append_events(3)
            wait_for(container.app_transaction, history.tenant_id, VIEWS, last, timeout_seconds=TIMEOUT_SECONDS)
            with container.admin() as admin:
                admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'scheduler_projector'"
                )
            last = history.append_events(3)
            wait_for(container.app_transaction, history.tenant_id, VIEWS, last, timeout_seconds=TIMEOUT_SECONDS)
        finally:
            stop.set()
            thread.join(TIMEOUT_SECONDS)

        assert_views_are_folds(container, history)


def hints(container: Container) -> Iterator[set[UUID] | None]:
    with psycopg.connect(container.database.conninfo("scheduler_projector"), autocommit=True) as connection:
        yield from listen(connection, 0.2)


def alter_log(container: Container, tenant_id: UUID, statement: str) -> None:
    with psycopg.connect(container.database.conninfo(SUPERUSER)) as connection:
        assert connection.execute(f"{statement} and tenant_id = %s".encode(), (tenant_id,)).rowcount == 1
