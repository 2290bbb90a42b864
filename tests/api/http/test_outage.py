"""Outage and overload: a clear 503, nothing half done, and recovery without a restart."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from api.http.thread_pool import FairThreadPool, OverloadedError
from tests.api.api_server import running_api_server
from tests.api.practice_client import PracticeClient
from tests.support.concurrency import map_concurrently
from tests.support.wait_until import TIMEOUT_SECONDS

LONG_SECONDS = 8
"""Length of an outage: a pool with doubling pauses would retry after 1, 3, 7 and 15 seconds."""

FORGED = (
    "insert into log.event select tenant_id, position + 1, stream_type, stream_id, version + 1, event_type, schema_version, body,"
    " sealed, actor, gen_random_uuid(), 0, null, null, effective_at, recorded_at, hash from log.event"
    " where tenant_id = '{}' order by position desc limit 1"
)
"""Inserts a row beyond the head of a practice's log."""


class TestDatabaseOutage:
    def test_returns_503_until_the_database_is_back(self, tmp_path: Path) -> None:
        with running_api_server(tmp_path) as server:
            studio = PracticeClient.open(server)
            studio.client = studio.client_without_retries
            database = server.container.storage.server.embedded
            assert database is not None
            nobody = server.client(None, retries_on_503=False)

            database.stop()
            down = time.monotonic()
            away = [studio.post_booking(), studio.client.get("/v1/practice"), studio.client.get("/v1/patients")]
            unready, alive = nobody.get("/readyz"), nobody.get("/healthz")
            wait_until = down + LONG_SECONDS
            while time.monotonic() < wait_until:
                away.append(studio.client.get("/v1/practice"))
            database.start()
            back = [
                _second_at_the_latest(lambda: studio.client.get("/v1/practice")),
                _second_at_the_latest(studio.post_booking),
            ]

        for answer in away:
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
            assert answer.headers["retry-after"] == "1"
        assert (unready.status_code, unready.json()["checks"]["log"], alive.status_code) == (503, False, 200)
        assert [answer.status_code for answer in back] == [200, 201]


class TestDamagedLog:
    def test_is_noticed_by_readyz_and_by_the_next_command(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("api.http.operations._LOGS_CHECK_SECONDS", 0.0)
        with running_api_server(tmp_path) as server:
            studio, other = PracticeClient.open(server), PracticeClient.open(server)
            studio.client = studio.client_without_retries
            nobody = server.client(None, retries_on_503=False)
            ready = nobody.get("/readyz").status_code
            embedded = server.container.storage.server.embedded
            assert embedded is not None
            embedded.psql(["-qc", FORGED.format(studio.practice_id)], dbname="scheduler")

            unready, refused, read = nobody.get("/readyz"), studio.post_booking(), studio.client.get("/v1/practice")
            booked = other.book_appointment()

        assert ready == 200
        assert (unready.status_code, unready.json()["checks"]["logs"]) == (503, False)
        assert (refused.status_code, refused.json()["code"]) == (503, "log_damaged")
        assert "scheduler verify" in refused.json()["detail"]
        assert read.status_code == 200
        assert booked["status"] == "booked"
        assert any(f"the log of practice {studio.practice_id} was altered" in line for line in server.log.lines)


class TestThreadPool:
    def test_refuses_callers_that_waited_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.http.thread_pool.TIMEOUT_SECONDS", 0.05)
        begun, go_on = [], threading.Event()

        async def crowd() -> list[object]:
            thread_pool = FairThreadPool(threads=1, share=1)
            first = asyncio.create_task(thread_pool.run("a", go_on.wait))
            await asyncio.sleep(0)
            second = asyncio.create_task(thread_pool.run("a", lambda: begun.append("second")))
            refused = await asyncio.gather(second, return_exceptions=True)
            go_on.set()
            done = await first
            third = await thread_pool.run("a", lambda: "third")
            thread_pool.close()
            return [*refused, done, third]

        refused, done, third = asyncio.run(crowd())

        assert isinstance(refused, OverloadedError)
        assert (done, third, begun) == (True, "third", [])

    def test_finishes_work_of_a_caller_that_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.http.thread_pool.TIMEOUT_SECONDS", 0.05)
        finished, go_on = threading.Event(), threading.Event()

        def work() -> None:
            assert go_on.wait(TIMEOUT_SECONDS)
            finished.set()

        async def leave() -> list[object]:
            thread_pool = FairThreadPool(threads=1, share=1)
            task = asyncio.create_task(thread_pool.run("a", work))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            meanwhile = await asyncio.gather(thread_pool.run("a", lambda: "too early"), return_exceptions=True)
            go_on.set()
            assert finished.wait(TIMEOUT_SECONDS)
            monkeypatch.setattr("api.http.thread_pool.TIMEOUT_SECONDS", TIMEOUT_SECONDS)
            answer = await thread_pool.run("a", lambda: "next")
            thread_pool.close()
            return [*meanwhile, answer]

        meanwhile, answer = asyncio.run(leave())

        assert isinstance(meanwhile, OverloadedError)
        assert answer == "next"


class TestOverload:
    def test_answers_every_request(self, studio: PracticeClient) -> None:
        answers = map_concurrently(100, lambda _: studio.client_without_retries.get("/v1/practice"))

        assert {answer.status_code for answer in answers} <= {200, 503}
        assert sum(answer.status_code == 200 for answer in answers) >= studio.server.container.settings.share


def _second_at_the_latest(ask: Callable[[], httpx2.Response]) -> httpx2.Response:
    """Send a request, and once more after a refusal: its wait may have begun during the outage."""
    answer = ask()
    return ask() if answer.status_code == 503 else answer
