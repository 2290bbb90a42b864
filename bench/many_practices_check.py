"""Check that rows inserted by SQL equal those that the product would have written."""

from collections.abc import Sequence
from typing import Any, Final

from psycopg import Connection

from bench.many_practices import BenchPractice
from bench.server_process import ServerProcess

_TABLES: Final = ("calendar.appointment", "history.participation", "history.chapter")


def check_chain_and_views(
    program: ServerProcess, connection: Connection[Any], practices: Sequence[BenchPractice]
) -> str:
    """Verify the hash chains of some practices and rebuild their views; return a summary.

    Raises AssertionError: a chain is broken, or the projectors wrote different rows.
    """
    for practice in practices:
        broken = program.container.storage.log_verifier.verify(practice.practice_id)
        assert broken is None, f"the chain is {broken}"
        before = _rows(connection, practice)
        with connection.transaction():
            for table in _TABLES:
                connection.execute(f"delete from {table} where tenant_id = %s".encode(), (practice.practice_id,))
            connection.execute(
                "update projection.cursor set position = 0 where tenant_id = %s and projector in ('calendar', 'history')",
                (practice.practice_id,),
            )
        program.container.read_models.catch_up(practice.practice_id)
        assert _rows(connection, practice) == before, "the projectors have written other rows"
    return (
        f"of {len(practices)} practices the hash chains verified, and the read models projected anew to the same rows"
    )


def _rows(connection: Connection[Any], practice: BenchPractice) -> list[list[tuple[Any, ...]]]:
    return [
        connection.execute(
            f"select * from {table} where tenant_id = %s order by 1, 2, 3".encode(),
            (practice.practice_id,),
        ).fetchall()
        for table in _TABLES
    ]
