"""A projector killed in mid-batch: no event is skipped or applied twice; the next start works."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from random import Random

import pytest

from projections.engine.waiting import wait_for
from tests.projections.view_checks import VIEWS, assert_views_are_folds, cursors_of, forget, rows_of
from tests.support.container import Container
from tests.support.random_history import RandomHistory

ROUNDS = int(os.environ.get("SCHEDULER_KILL_ROUNDS", "20"))

# Projects one practice in small batches, and kills itself before the commit of a transaction whose
# rows the server has received.
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


def project_until_killed(container: Container, history: RandomHistory, last_transaction: int, page: int) -> int:
    database = container.database
    given = "|".join(map(str, (database.server_conninfo, database.key_file, history.tenant_id, last_transaction, page)))
    return subprocess.run([sys.executable, "-c", PROGRAM], input=given, text=True, check=False).returncode


class TestKilledProjector:
    @pytest.mark.timeout(300 + 10 * ROUNDS)
    def test_leaves_rows_and_cursor_as_one(
        self, container: Container, new_history: Callable[[int], RandomHistory]
    ) -> None:
        history = new_history(11)
        random = Random(11)

        for _ in range(ROUNDS):
            history.append_events(random.randint(20, 40), batch_size=5)
            ended = project_until_killed(
                container, history, last_transaction=random.randint(1, 4), page=random.randint(1, 9)
            )
            assert ended in (-signal.SIGKILL, 0)
            assert len({position for position, _, _ in cursors_of(container, history.tenant_id).values()}) == 1

        container.runner().catch_up(history.tenant_id)
        assert_views_are_folds(container, history)
        left = rows_of(container, history.tenant_id)
        forget(container, history.tenant_id)
        container.runner().catch_up(history.tenant_id)
        assert rows_of(container, history.tenant_id) == left

    def test_does_not_hold_up_the_next_one(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(30, batch_size=10)

        assert project_until_killed(container, history, last_transaction=1, page=10) == -signal.SIGKILL
        assert cursors_of(container, history.tenant_id) == dict.fromkeys(VIEWS, (0, None, None))
        container.runner().catch_up(history.tenant_id)

        wait_for(container.app_transaction, history.tenant_id, VIEWS, last, timeout_seconds=0)
