"""Read models are compared with the log, and stay as they are."""

import pytest

from projections.comparison import Comparison, Difference
from tests.projections.view_checks import rows_of
from tests.support.container import Container
from tests.support.random_history import RandomHistory


def compare(container: Container, history: RandomHistory) -> list[Difference]:
    with container.admin() as admin:
        return Comparison(container.projector_log, container.projectors(), admin).run([history.tenant_id])


class TestComparison:
    def test_finds_nothing_in_what_the_projectors_wrote(self, container: Container, history: RandomHistory) -> None:
        history.append_events(200)
        history.erase(history.patients[0])
        container.runner(page=7).catch_up(history.tenant_id)

        assert compare(container, history) == []

    def test_compares_up_to_where_each_projector_has_come(self, container: Container, history: RandomHistory) -> None:
        history.append_events(60)
        calendar, *others = container.projectors()
        container.runner(of=(calendar,)).catch_up(history.tenant_id)
        history.append_events(20)
        container.runner(of=tuple(others)).catch_up(history.tenant_id)

        assert compare(container, history) == []

    @pytest.mark.parametrize(
        ("table", "change", "extra", "missing"),
        [
            ("calendar.appointment", "update {} set ends_at = ends_at + interval '1 hour' where ctid = any ({first})", 1, 1),
            ("patients.patient", "delete from {} where ctid = any ({first})", 0, 1),
            ("history.participation", "update {} set thing_id = gen_random_uuid() where ctid = any ({first})", 1, 1),
        ],
    )  # fmt: skip
    def test_names_the_table_whose_rows_were_changed(
        self, container: Container, history: RandomHistory, table: str, change: str, extra: int, missing: int
    ) -> None:
        history.append_events(80)
        container.runner().catch_up(history.tenant_id)
        with container.admin() as admin:
            first = f"array(select ctid from {table} where tenant_id = '{history.tenant_id}' limit 1)"
            admin.execute(change.format(table, first=first).encode())

        assert compare(container, history) == [Difference(history.tenant_id, table, extra, missing)]

    def test_changes_nothing(self, container: Container, history: RandomHistory) -> None:
        history.append_events(40)
        container.runner().catch_up(history.tenant_id)
        before = rows_of(container, history.tenant_id)

        compare(container, history)

        assert rows_of(container, history.tenant_id) == before
        with container.admin() as admin:
            left = admin.execute("select nspname from pg_namespace where nspname like '%\\_anew'").fetchall()
        assert left == []
