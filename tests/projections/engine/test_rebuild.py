"""Rebuilds from the log, while reads and writes go on."""

import threading
from collections.abc import Callable, Iterator

import pytest
from psycopg import Connection

from projections.engine.errors import RebuildRunningError
from projections.install import as_owner, install
from projections.rebuild import Rebuild
from tests.projections.engine.failing_projector import FailingCalendarProjector, with_failing_projector
from tests.projections.view_checks import VIEWS, assert_views_are_folds, cursors_of, forget, rows_of
from tests.support.container import Container
from tests.support.random_history import RandomHistory
from tests.support.wait_until import TIMEOUT_SECONDS


@pytest.fixture
def admin(container: Container) -> Iterator[Connection[tuple[object, ...]]]:
    with container.admin() as connection:
        yield connection


def rebuild(container: Container, admin: Connection[tuple[object, ...]], *, page: int = 50) -> Rebuild:
    return Rebuild(container.projector_log, container.projectors(), container.projector_transaction, admin, page=page)


def schemas(admin: Connection[tuple[object, ...]]) -> set[object]:
    rows = admin.execute("select nspname from pg_namespace where nspname ~ '_(shadow|retired)$'").fetchall()
    return {name for (name,) in rows}


class TestRun:
    def test_restores_the_same_rows(
        self, container: Container, history: RandomHistory, admin: Connection[tuple[object, ...]]
    ) -> None:
        last = history.append_events(150, batch_size=10)
        history.erase(history.patients[0])
        container.runner().catch_up(history.tenant_id)
        before = rows_of(container, history.tenant_id)

        assert [one for one in rebuild(container, admin).run() if one.tenant_id == history.tenant_id] == []

        assert rows_of(container, history.tenant_id) == before
        assert cursors_of(container, history.tenant_id) == dict.fromkeys(VIEWS, (last + 1, None, None))
        assert schemas(admin) == set()

    def test_repairs_damaged_rows_and_lets_projections_go_on(
        self, container: Container, history: RandomHistory, admin: Connection[tuple[object, ...]]
    ) -> None:
        history.append_events(60, batch_size=10)
        runner = container.runner()
        runner.catch_up(history.tenant_id)
        forget(container, history.tenant_id)

        rebuild(container, admin).run()
        history.append_events(30)
        runner.catch_up(history.tenant_id)

        assert_views_are_folds(container, history)

    def test_reports_its_progress(
        self, container: Container, history: RandomHistory, admin: Connection[tuple[object, ...]]
    ) -> None:
        history.append_events(60, batch_size=10)
        reported: list[tuple[int, int]] = []

        rebuild(container, admin).run(lambda done, total: reported.append((done, total)))

        total = sum(container.projector_log.heads().values())
        assert reported[-1][1] == total
        assert [done for done, _ in reported] == sorted(done for done, _ in reported)

    def test_includes_events_written_meanwhile(
        self, container: Container, history: RandomHistory, admin: Connection[tuple[object, ...]]
    ) -> None:
        history.append_events(100, batch_size=20)
        runner, stop, written = container.runner(page=20), threading.Event(), threading.Event()

        def write() -> None:
            while not stop.is_set():
                history.append_events(5, batch_size=5)
                written.set()

        def follow() -> None:
            while not stop.is_set():
                runner.catch_up(history.tenant_id)

        threads = [threading.Thread(target=write), threading.Thread(target=follow)]
        for thread in threads:
            thread.start()
        try:
            assert written.wait(TIMEOUT_SECONDS)
            for _ in range(3):
                rebuild(container, admin).run()
        finally:
            stop.set()
            for thread in threads:
                thread.join()

        runner.catch_up(history.tenant_id)
        assert_views_are_folds(container, history)
        live = rows_of(container, history.tenant_id)
        forget(container, history.tenant_id)
        container.runner().catch_up(history.tenant_id)
        assert rows_of(container, history.tenant_id) == live

    def test_stops_before_a_failing_event_in_that_practice_only(
        self, container: Container, history: RandomHistory, admin: Connection[tuple[object, ...]]
    ) -> None:
        last = history.append_events(60, batch_size=10)
        projectors = with_failing_projector(container, FailingCalendarProjector(33))

        incomplete = Rebuild(container.projector_log, projectors, container.projector_transaction, admin).run()

        [one] = [one for one in incomplete if one.tenant_id == history.tenant_id]
        assert (one.projector, one.error, one.position) == ("calendar", "ValueError", 33)
        expected = dict.fromkeys(VIEWS, (last, None, None)) | {"calendar": (32, "ValueError", 33)}
        assert cursors_of(container, history.tenant_id) == expected
        container.runner().sweep()
        assert_views_are_folds(container, history)

    @pytest.mark.parametrize(
        ("harm", "left"),
        [
            ("delete from log.event where position > 20", (20, None, None)),
            ("delete from log.event where position = 20", (19, "GapError", 20)),
            ("update log.event set schema_version = 9 where position = 20", (19, "NewerVersionError", 20)),
        ],
        ids=["it ends before its head", "an event is missing", "an event is too new"],
    )
    def test_continues_past_a_log_that_cannot_be_read_to_its_end(
        self,
        container: Container,
        new_history: Callable[[int], RandomHistory],
        admin: Connection[tuple[object, ...]],
        harm: str,
        left: tuple[int, str | None, int | None],
    ) -> None:
        failing, healthy = new_history(1), new_history(2)
        failing.append_events(30, batch_size=10)
        last = healthy.append_events(30, batch_size=10)
        admin.execute(f"{harm} and tenant_id = %s".encode(), (failing.tenant_id,))

        rebuild(container, admin).run()

        assert cursors_of(container, failing.tenant_id) == dict.fromkeys(VIEWS, left)
        assert cursors_of(container, healthy.tenant_id) == dict.fromkeys(VIEWS, (last, None, None))
        assert_views_are_folds(container, healthy)

    def test_is_refused_while_another_one_runs(
        self, container: Container, admin: Connection[tuple[object, ...]]
    ) -> None:
        def second(done: int, total: int) -> None:
            with container.admin() as other, pytest.raises(RebuildRunningError):
                rebuild(container, other).run()
            refused.append(True)

        refused: list[bool] = []
        container.practice()

        rebuild(container, admin).run(second)

        assert refused

    def test_drops_the_schemas_of_a_killed_one(
        self, container: Container, history: RandomHistory, admin: Connection[tuple[object, ...]]
    ) -> None:
        history.append_events(30, batch_size=10)
        container.runner().catch_up(history.tenant_id)
        before = rows_of(container, history.tenant_id)

        def killed(done: int, total: int) -> None:
            admin.close()
            raise KeyboardInterrupt

        with container.admin() as watcher:
            with pytest.raises(KeyboardInterrupt):
                rebuild(container, admin, page=10).run(killed)
            assert schemas(watcher) == {f"{view}_shadow" for view in VIEWS}
            assert rows_of(container, history.tenant_id) == before

            rebuild(container, watcher).run()

            assert schemas(watcher) == set()
        assert rows_of(container, history.tenant_id) == before

    def test_of_one_view_leaves_the_others(
        self, container: Container, history: RandomHistory, admin: Connection[tuple[object, ...]]
    ) -> None:
        history.append_events(30, batch_size=10)
        container.runner().catch_up(history.tenant_id)
        tables = tables_of(admin)
        calendar = [projector for projector in container.projectors() if projector.name == "calendar"]

        Rebuild(container.projector_log, calendar, container.projector_transaction, admin).run()

        renewed = {name for name, oid in tables_of(admin).items() if tables[name] != oid}
        assert renewed == {
            "calendar.appointment",
            "calendar.former_place",
            "calendar.catalogue",
            "calendar.series",
            "calendar.session",
            "calendar.course",
            "calendar.enrolment",
        }
        assert_views_are_folds(container, history)


class TestInstall:
    def test_returns_views_whose_definition_has_changed(
        self, container: Container, admin: Connection[tuple[object, ...]]
    ) -> None:
        assert install(admin) == []
        with as_owner(admin):
            admin.execute("update projection.read_model set fingerprint = 'older' where name = 'calendar'")

        assert install(admin) == ["calendar"]

        rebuild(container, admin).run()
        assert install(admin) == []


def tables_of(admin: Connection[tuple[object, ...]]) -> dict[str, object]:
    rows = admin.execute(
        "select n.nspname || '.' || c.relname, c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind = 'r' and n.nspname = any (%s)",
        (list(VIEWS),),
    ).fetchall()
    return {str(name): oid for name, oid in rows}
