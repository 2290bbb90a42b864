"""Whether rows that were written by SQL are those that the product itself would have written."""

from collections.abc import Sequence
from typing import Any, Final

from psycopg import Connection

from bench.crowd import Member
from bench.program import Program

_TABLES: Final = ("calendar.appointment", "history.participation", "history.chapter")


def chained_and_projected(program: Program, connection: Connection[Any], members: Sequence[Member]) -> str:
    """Verify the chains of some practices and project them anew; return what was found.

    Raises AssertionError: a chain is broken, or the projectors would have written other rows.
    """
    for member in members:
        broken = program.container.storage.log_reader.verify(member.practice_id)
        assert broken is None, f"the chain is {broken}"
        before = _rows(connection, member)
        with connection.transaction():
            for table in _TABLES:
                connection.execute(f"delete from {table} where tenant_id = %s".encode(), (member.practice_id,))
            connection.execute(
                "update projection.cursor set position = 0 where tenant_id = %s and projector in ('calendar', 'history')",
                (member.practice_id,),
            )
        program.container.read_models.catch_up(member.practice_id)
        assert _rows(connection, member) == before, "the projectors have written other rows"
    return f"of {len(members)} practices the hash chains verified, and the read models projected anew to the same rows"


def _rows(connection: Connection[Any], member: Member) -> list[list[tuple[Any, ...]]]:
    return [
        connection.execute(
            f"select * from {table} where tenant_id = %s order by 1, 2, 3".encode(),
            (member.practice_id,),
        ).fetchall()
        for table in _TABLES
    ]
