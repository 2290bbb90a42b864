"""Waiting for read models."""

import threading
import time
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest
from psycopg import Cursor

from projections.engine.errors import ViewBehindError
from projections.engine.waiting import wait_for
from tests.projections.view_checks import VIEWS
from tests.support.container import Container
from tests.support.random_history import RandomHistory
from tests.support.wait_until import TIMEOUT_SECONDS


class TestWaitFor:
    def test_returns_at_once_if_the_views_have_reached_it(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(3)
        container.runner().catch_up(history.tenant_id)

        wait_for(container.app_transaction, history.tenant_id, VIEWS, last, timeout_seconds=0)

    def test_returns_as_soon_as_they_reach_it(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(3)
        runner = threading.Thread(target=container.runner().catch_up, args=(history.tenant_id,))
        runner.start()

        wait_for(container.app_transaction, history.tenant_id, VIEWS, last, timeout_seconds=TIMEOUT_SECONDS)

        runner.join()

    def test_gives_up_after_its_timeout(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(3)
        container.runner().catch_up(history.tenant_id)
        looks = 0

        def looking(tenant_id: UUID) -> AbstractContextManager[Cursor[Any]]:
            nonlocal looks
            looks += 1
            return container.app_transaction(tenant_id)

        began = time.monotonic()

        with pytest.raises(ViewBehindError) as refused:
            wait_for(looking, history.tenant_id, ["calendar"], last + 1, timeout_seconds=0.1)

        assert (refused.value.code, refused.value.wanted, refused.value.reached) == ("view_behind", last + 1, last)
        assert time.monotonic() - began > 0.09
        assert looks <= 16, "after 1, 2, 4 and every further 8 ms there is time for so many, on the fastest machine"

    def test_does_not_wait_for_a_view_that_has_stopped(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(3)
        container.runner().catch_up(history.tenant_id)
        with container.projector_transaction(history.tenant_id) as cursor:
            cursor.execute(
                "update projection.cursor set error = 'ValueError', position = 1 where tenant_id = %s and projector = 'calendar'",
                (history.tenant_id,),
            )

        with pytest.raises(ViewBehindError):
            wait_for(container.app_transaction, history.tenant_id, VIEWS, last, timeout_seconds=TIMEOUT_SECONDS)

        wait_for(container.app_transaction, history.tenant_id, ["history"], last, timeout_seconds=0)

    def test_is_not_satisfied_by_a_view_that_lacks_one_event(
        self, container: Container, history: RandomHistory
    ) -> None:
        last = history.append_events(3)
        container.runner().catch_up(history.tenant_id)
        with container.projector_transaction(history.tenant_id) as cursor:
            cursor.execute(
                "update projection.cursor set position = %s where tenant_id = %s and projector = 'calendar'",
                (last - 1, history.tenant_id),
            )

        with pytest.raises(ViewBehindError) as refused:
            wait_for(container.app_transaction, history.tenant_id, VIEWS, last, timeout_seconds=0)

        assert refused.value.reached == last - 1
        wait_for(container.app_transaction, history.tenant_id, VIEWS, last - 1, timeout_seconds=0)

    def test_is_not_satisfied_while_a_view_has_no_cursor(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(3)
        container.runner().catch_up(history.tenant_id)
        with container.admin() as admin:
            admin.execute(
                "delete from projection.cursor where tenant_id = %s and projector = 'calendar'", (history.tenant_id,)
            )

        with pytest.raises(ViewBehindError) as refused:
            wait_for(container.app_transaction, history.tenant_id, VIEWS, last, timeout_seconds=0)

        assert refused.value.reached == 0
        wait_for(container.app_transaction, history.tenant_id, ["history"], last, timeout_seconds=0)

    def test_gives_up_for_a_practice_that_no_projector_has_seen(
        self, container: Container, history: RandomHistory
    ) -> None:
        with pytest.raises(ViewBehindError) as refused:
            wait_for(container.app_transaction, history.tenant_id, VIEWS, 1, timeout_seconds=0)

        assert refused.value.reached == 0
