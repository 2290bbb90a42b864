"""Several statements in one message: all or nothing, with unchanged values."""

import psycopg
import pytest

from event_store.tenancy import open_pool, tenant_transaction
from projections.engine import cursors
from projections.engine.rows import BoundStatement, execute_together
from tests.projections.view_checks import VIEWS, cursors_of
from tests.support.container import Container
from tests.support.random_history import RandomHistory


class TestExecuteTogether:
    def test_changes_nothing_if_one_statement_fails(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(5)
        container.runner().catch_up(history.tenant_id)
        moves = dict.fromkeys(VIEWS, (last, last + 1))

        with container.projector.connection() as connection, pytest.raises(psycopg.errors.DivisionByZero):
            execute_together(
                connection, [cursors.advance(history.tenant_id, moves), BoundStatement("select 1 / $1::int", [b"0"])]
            )

        assert cursors_of(container, history.tenant_id) == dict.fromkeys(VIEWS, (last, None, None))

    @pytest.mark.parametrize("text", ["O'Neil", "\\", "\\'; select 1 / 0; --", '"$1" %s', "שלום"])
    def test_passes_values_unchanged(self, container: Container, text: str) -> None:
        # The answer is in what fails: a message of several statements has no answer of its own.
        with container.projector.connection() as connection, pytest.raises(psycopg.DataError) as failure:
            execute_together(connection, [BoundStatement("select $1::text::int", [text.encode()])])

        assert failure.value.diag.message_primary == f'invalid input syntax for type integer: "{text}"'

    def test_prepares_deallocated_statements_again(self, container: Container) -> None:
        tenant_id = container.practice().tenant_id
        kept, new = BoundStatement("select $1::int", [b"0"]), BoundStatement("select $1::text", [b"0"])
        conninfo = container.database.conninfo("scheduler_projector")

        # A connection of its own: one that was used before may have other statements.
        with open_pool(conninfo, name="test", most=1) as pool, pool.connection() as connection:
            execute_together(connection, [kept])
            # What psycopg has prepared itself is what lets it forget everything after a rollback.
            for _ in range(6):
                with tenant_transaction(connection, tenant_id) as cursor:
                    cursor.execute("select 1")
            with pytest.raises(LookupError), tenant_transaction(connection, tenant_id):
                raise LookupError
            assert connection.execute("select count(*) from pg_prepared_statements").fetchone() == (0,)

            execute_together(connection, [new, kept])
            execute_together(connection, [kept, new])

    def test_leaves_no_access_to_its_practice(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(5)
        container.runner().catch_up(history.tenant_id)

        with container.projector.connection() as connection:
            execute_together(connection, [cursors.advance(history.tenant_id, dict.fromkeys(VIEWS, (last, last)))])

            assert connection.execute("select * from calendar.appointment").fetchall() == []
