"""What row-level security refuses, even if a query lacks a filter."""

from random import Random

import psycopg
import pytest

from tests.projections.view_checks import TABLES, rows_of
from tests.support.container import Container
from tests.support.random_history import RandomHistory


@pytest.fixture(scope="module")
def filled(container: Container) -> RandomHistory:
    """A practice with rows in each table; no test can change them."""
    history = RandomHistory(container, container.practice(), Random(7))
    history.append_events(150, batch_size=50)
    container.runner().catch_up(history.tenant_id)
    assert all(rows_of(container, history.tenant_id).values())
    return history


class TestMissingFilter:
    @pytest.mark.parametrize("table", [*TABLES, "projection.cursor"])
    def test_shows_the_rows_of_the_running_practice_only(
        self, container: Container, filled: RandomHistory, table: str
    ) -> None:
        other = container.practice()
        with container.app_transaction(other.tenant_id) as cursor:
            assert cursor.execute(f"select tenant_id from {table}".encode()).fetchall() == []

    @pytest.mark.parametrize("table", [*TABLES, "projection.cursor"])
    def test_shows_nothing_without_a_practice(self, container: Container, filled: RandomHistory, table: str) -> None:
        with container.app.connection() as connection:
            assert connection.execute(f"select tenant_id from {table}".encode()).fetchall() == []

    @pytest.mark.parametrize("table", TABLES)
    def test_changes_nothing_of_another_practice(self, container: Container, filled: RandomHistory, table: str) -> None:
        other = container.practice()
        with container.projector_transaction(other.tenant_id) as cursor:
            assert cursor.execute(f"delete from {table}".encode()).rowcount == 0

    def test_writes_nothing_into_another_practice(self, container: Container, filled: RandomHistory) -> None:
        other = container.practice()
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            container.projector_transaction(other.tenant_id) as cursor,
        ):
            cursor.execute(
                "insert into history.participation (tenant_id, thing_id, stream_id, position) values (%s, %s, %s, 1)",
                (filled.tenant_id, filled.tenant_id, filled.tenant_id),
            )


class TestRoles:
    @pytest.mark.parametrize("table", [*TABLES, "projection.cursor"])
    def test_the_program_cannot_write_a_view(self, container: Container, filled: RandomHistory, table: str) -> None:
        for statement in (f"delete from {table}", f"insert into {table} default values", f"truncate {table}"):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                container.app_transaction(filled.tenant_id) as cursor,
            ):
                cursor.execute(statement.encode())

    @pytest.mark.parametrize(
        "query",
        [
            "select sealed from patients.patient",
            "select * from patients.search_term",
            "select * from history.participation",
            "select key_hash from access.api_key",
            "select starts_at from calendar.appointment",
        ],
    )
    def test_an_analyst_sees_nothing_personal_and_no_key(
        self, container: Container, filled: RandomHistory, query: str
    ) -> None:
        analyst = container.database.conninfo("scheduler_analyst")
        with (
            psycopg.connect(analyst) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(query.encode())

    def test_an_analyst_counts_the_visits_of_one_practice(self, container: Container, filled: RandomHistory) -> None:
        with psycopg.connect(container.database.conninfo("scheduler_analyst")) as connection:
            assert connection.execute("select count(*) from reporting.visit").fetchone() == (0,)
            connection.execute("select set_config('app.tenant_id', %s, true)", (str(filled.tenant_id),))
            counted = connection.execute("select count(*) from reporting.visit").fetchone()

        assert counted == (len(filled.appointments),)
