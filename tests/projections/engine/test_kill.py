"""A projector killed in the middle of a batch: nothing is skipped, nothing is applied twice, the next start is clean."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from random import Random

import pytest

from projections.engine.waiting import wait_for
from tests.projections.views import VIEWS, assert_views_are_folds, cursors_of, forget, rows_of
from tests.support.container import Container
from tests.support.random_history import RandomHistory

ROUNDS = int(os.environ.get("SCHEDULER_KILL_ROUNDS", "20"))

# Another program: it projects one practice in small batches. One of its transactions does not come to its commit: the server
# has taken the rows when the program is no more.
PROGRAM = """
import os, signal, sys
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID
import psycopg
from projections.engine.runner import Runner
from tests.support.database import Database
from tests.support.container import open_container

conninfo, key_file, tenant_id, last_transaction, page = sys.stdin.read().split("|")
left = int(last_transaction)

database = Database(conninfo, Path(key_file))
connection = psycopg.connect(database.conninfo("scheduler_projector"), autocommit=True)

@contextmanager
def connect():
    global left
    left -= 1
    if left == 0:
        connection.execute("begin")
    yield connection
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

with open_container(database) as container:
    runner = Runner(
        container.projector_log, container.projectors(), container.projector_transaction, connect, page=int(page)
    )
    runner.catch_up(UUID(tenant_id))
"""


def project_until_killed(container: Container, life: RandomHistory, last_transaction: int, page: int) -> int:
    database = container.database
    given = "|".join(map(str, (database.server_conninfo, database.key_file, life.tenant_id, last_transaction, page)))
    return subprocess.run([sys.executable, "-c", PROGRAM], input=given, text=True, check=False).returncode


class TestAKilledProjector:
    @pytest.mark.timeout(300 + 10 * ROUNDS)
    def test_leaves_rows_and_cursor_as_one(
        self, container: Container, new_life: Callable[[int], RandomHistory]
    ) -> None:
        life = new_life(11)
        random = Random(11)

        for _ in range(ROUNDS):
            life.happen(random.randint(20, 40), at_once=5)
            ended = project_until_killed(
                container, life, last_transaction=random.randint(1, 4), page=random.randint(1, 9)
            )
            assert ended in (-signal.SIGKILL, 0)
            assert len({position for position, _, _ in cursors_of(container, life.tenant_id).values()}) == 1

        container.runner().catch_up(life.tenant_id)
        assert_views_are_folds(container, life)
        left = rows_of(container, life.tenant_id)
        forget(container, life.tenant_id)
        container.runner().catch_up(life.tenant_id)
        assert rows_of(container, life.tenant_id) == left

    def test_does_not_hold_up_the_next_one(self, container: Container, life: RandomHistory) -> None:
        last = life.happen(30, at_once=10)

        assert project_until_killed(container, life, last_transaction=1, page=10) == -signal.SIGKILL
        assert cursors_of(container, life.tenant_id) == dict.fromkeys(VIEWS, (0, None, None))
        container.runner().catch_up(life.tenant_id)

        wait_for(container.app_transaction, life.tenant_id, VIEWS, last, timeout_seconds=0)
