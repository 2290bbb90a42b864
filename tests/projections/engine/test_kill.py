"""A projector killed in mid-batch: no event is skipped or applied twice; the next start works."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest

from projections.engine.runner import Runner
from projections.engine.waiting import wait_for
from tests.projections.view_checks import VIEWS, assert_views_are_folds, cursors_of, forget, rows_of
from tests.support.container import Container, open_container
from tests.support.database import Database
from tests.support.forked_process import ForkedProcess
from tests.support.random_history import RandomHistory

ROUNDS = int(os.environ.get("SCHEDULER_KILL_ROUNDS", "6"))


def project(database: Database, tenant_id: UUID, last_transaction: int, page: int) -> None:
    """Project one practice in small batches; kill this process before a transaction's commit, when
    the server has received its rows.
    """
    connection = psycopg.connect(database.conninfo("scheduler_projector"), autocommit=True)
    transactions = count(1)

    @contextmanager
    def connect() -> Iterator[psycopg.Connection[Any]]:
        is_last = next(transactions) == last_transaction
        if is_last:
            connection.execute("begin")
        yield connection
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_container(database) as container:
        log, projectors = container.projector_log, container.projectors()
        Runner(log, projectors, container.projector_transaction, connect, page=page).catch_up(tenant_id)


def project_until_killed(container: Container, history: RandomHistory, last_transaction: int, page: int) -> int:
    return ForkedProcess(project, container.database, history.tenant_id, last_transaction, page).wait()


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
