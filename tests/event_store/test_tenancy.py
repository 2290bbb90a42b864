"""Row-level security without a practice and with another one."""

from uuid import UUID

import psycopg
import pytest
from uuid_utils.compat import uuid7

from application.kernel.practice_log import PracticeLog
from event_store.tenancy import NestedTenantError, tenant_transaction
from tests.event_store.append.appointments import appointment, book
from tests.support.container import Container

TABLES = ("event", "tenant_head", "time_claim", "snapshot")


@pytest.fixture
def practice(container: Container) -> PracticeLog:
    log = container.practice()
    book(log, appointment(uuid7()))
    return log


class TestWithoutAPractice:
    @pytest.mark.parametrize("table", TABLES)
    def test_no_row_is_seen(self, container: Container, practice: PracticeLog, table: str) -> None:
        with container.app.connection() as connection:
            assert connection.execute(f"select count(*) from log.{table}".encode()).fetchone() == (0,)

    def test_nothing_can_be_written(self, container: Container, practice: PracticeLog) -> None:
        with container.app.connection() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("insert into log.tenant_head (tenant_id, head_hash) values (%s, '')", (uuid7(),))

    def test_the_practice_of_an_earlier_transaction_is_reset(self, container: Container, practice: PracticeLog) -> None:
        with psycopg.connect(container.database.conninfo("scheduler_app"), autocommit=True) as connection:
            with tenant_transaction(connection, practice.tenant_id):
                pass

            assert connection.execute("select count(*) from log.event").fetchone() == (0,)

    def test_a_session_setting_does_not_reach_the_next_user_of_the_connection(self, container: Container) -> None:
        with container.app.connection() as connection:
            connection.execute(f"set app.tenant_id = '{uuid7()}'".encode())
            pid = connection.info.backend_pid

        with container.app.connection() as connection:
            left = connection.execute("select current_setting('app.tenant_id', true)").fetchone()

        assert (left in ((None,), ("",))) or connection.info.backend_pid != pid


class TestWithAnotherPractice:
    @pytest.mark.parametrize("table", ["event", "tenant_head", "time_claim"])
    def test_a_query_without_a_tenant_shows_no_foreign_row(
        self, container: Container, practice: PracticeLog, table: str
    ) -> None:
        other = container.practice()

        with container.app_transaction(other.tenant_id) as cursor:
            tenants = cursor.execute(f"select distinct tenant_id from log.{table}".encode()).fetchall()

        assert tenants in ([(other.tenant_id,)], [])

    def test_a_row_for_a_foreign_practice_is_refused(self, container: Container, practice: PracticeLog) -> None:
        other = container.practice()

        with container.app_transaction(other.tenant_id) as cursor, pytest.raises(psycopg.errors.InsufficientPrivilege):
            cursor.execute(
                "insert into log.snapshot (tenant_id, stream_id, version, topic, form) values (%s, %s, 1, 't', 'f')",
                (practice.tenant_id, uuid7()),
            )

    def test_a_transaction_cannot_change_its_practice(self, container: Container, practice: PracticeLog) -> None:
        with (
            psycopg.connect(container.database.conninfo("scheduler_app"), autocommit=True) as connection,
            tenant_transaction(connection, practice.tenant_id),
            pytest.raises(NestedTenantError),
            tenant_transaction(connection, uuid7()),
        ):
            pass


class TestAppendOnly:
    @pytest.mark.parametrize(
        "statement",
        [
            "update log.event set actor = 'me'",
            "delete from log.event",
            "truncate log.event",
            "delete from log.tenant_head",
            "alter table log.event disable row level security",
            "create table log.mine ()",
            "set role scheduler_owner",
        ],
    )
    def test_the_program_may_not(self, container: Container, practice: PracticeLog, statement: str) -> None:
        with (
            container.app_transaction(practice.tenant_id) as cursor,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            cursor.execute(statement.encode())

    def test_partitions_cannot_be_read_directly(self, container: Container, practice: PracticeLog) -> None:
        with (
            container.app_transaction(practice.tenant_id) as cursor,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            cursor.execute("select count(*) from log.event_0")


def test_positions_do_not_depend_on_other_practices(container: Container) -> None:
    busy, quiet = container.practice(), container.practice()
    for _ in range(5):
        book(busy, appointment(uuid7()))

    assert (busy.reader.position(), quiet.reader.position()) == (6, 1)
    assert isinstance(quiet.tenant_id, UUID)
