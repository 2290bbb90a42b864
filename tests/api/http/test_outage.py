"""Outage and overload: a clear 503, nothing half done, and recovery without a restart."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import httpx2
import psycopg
import pytest

from adapters.postgres.connections import in_database
from api.http.thread_pool import FairThreadPool
from application.kernel.errors import OverloadedError
from event_store.embedded.cluster import ClusterFiles
from event_store.embedded.processes import ClusterProcesses, send
from event_store.migrate import KEY_DATABASE, LOG_DATABASE
from tests.api.api_server import ApiServer, running_api_server
from tests.api.practice_client import PracticeClient
from tests.support.concurrency import map_concurrently
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until

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
            while time.monotonic() < down + LONG_SECONDS:
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


class TestFrozenDatabase:
    def test_returns_503_while_the_server_does_not_answer(self, tmp_path: Path) -> None:
        with running_api_server(tmp_path) as server:
            studio = PracticeClient.open(server)
            client, nobody = studio.client_without_retries, server.client(None, retries_on_503=False)
            key, booking = {"Idempotency-Key": "frozen"}, studio.booking_body()
            asks: list[Callable[[], httpx2.Response]] = [
                lambda: client.post("/v1/appointments", json=booking, headers=key),
                lambda: client.get("/v1/practice"),
                lambda: client.get("/v1/patients"),
                lambda: nobody.get("/v1/practice", headers={"Authorization": f"Bearer sk_{'A' * 43}"}),
                lambda: nobody.get("/readyz"),
            ]

            with frozen(tmp_path):  # for as long as the answers take
                first, later = (map_concurrently(len(asks), lambda n: asks[n]()) for _ in range(2))
                alive = nobody.get("/healthz")
            wait_until(lambda: nobody.get("/readyz").status_code == 200, "the server is ready again")
            booked, repeated = (studio.client.post("/v1/appointments", json=booking, headers=key) for _ in range(2))

        for answer in (*first[:-1], *later[:-1]):
            assert (answer.status_code, answer.json()["code"]) in ((503, "unavailable"), (503, "overloaded"))
            assert answer.headers["retry-after"] == "1"
        assert {
            (answer.status_code, answer.json()["checks"].get("log", False)) for answer in (first[-1], later[-1])
        } == {(503, False)}
        assert (alive.status_code, booked.status_code, repeated.json()) == (200, 201, booked.json())


class TestReadOnlyDisk:
    def test_refuses_with_503_until_the_disk_can_be_written(self, tmp_path: Path) -> None:
        with running_api_server(tmp_path) as server:
            studio = PracticeClient.open(server)
            studio.client = studio.client_without_retries

            with unwritable(server, "log.event"):
                refused = [studio.post_booking(), studio.client.get("/v1/events")]
            back = studio.post_booking()
            with unwritable(server, "keys.person_key", KEY_DATABASE):
                person = {"given_name": "Ada", "family_name": "Groß"}
                refused.append(studio.client.post("/v1/patients", json=person))

        assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(503, "unavailable")}
        assert back.status_code == 201

    def test_is_what_a_standby_is_like(self, tmp_path: Path) -> None:
        with running_api_server(tmp_path) as server:
            studio = PracticeClient.open(server)
            studio.client = studio.client_without_retries
            with psycopg.connect(server.container.storage.server.admin_conninfo, autocommit=True) as admin:
                admin.execute("alter role scheduler_app set default_transaction_read_only = on")
                admin.execute(_CUT)

            refused = studio.post_booking()

        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")


_CUT = "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'scheduler_%'"


@contextmanager
def unwritable(server: ApiServer, table: str, database: str = LOG_DATABASE) -> Iterator[None]:
    """Refuse writing to the file of a table, with the error that a read-only file system gives."""
    storage = server.container.storage.server
    with psycopg.connect(in_database(storage.admin_conninfo, database), autocommit=True) as admin:
        names = admin.execute(
            "select pg_relation_filepath(relid) from pg_partition_tree(%(table)s) where isleaf"
            " union select pg_relation_filepath(%(table)s::regclass)",
            {"table": table},
        ).fetchall()
        assert storage.embedded is not None
        files = [storage.embedded.folder / "cluster" / name for (name,) in names if name is not None]
        for file in files:
            file.chmod(0o400)
        admin.execute(_CUT)  # their files are open for writing
        try:
            yield
        finally:
            for file in files:
                file.chmod(0o600)


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Stop all processes of the embedded server in a folder, as a hanging machine would."""
    processes = ClusterProcesses(folder / "cluster", ClusterFiles(folder, 16).name)
    send(SIGSTOP, processes.all())
    send(SIGSTOP, processes.all())  # also those that the postmaster had just started
    try:
        yield
    finally:
        send(SIGCONT, processes.all())


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
    def test_of_one_practice_is_answered_503_and_ends_with_its_cause(
        self, open_practice: Callable[..., PracticeClient], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While the practice's head is locked, its commands use up its threads."""
        # An append waits for the head as long as a request waits for a thread.
        monkeypatch.setattr("api.http.thread_pool.TIMEOUT_SECONDS", 0.1)
        studio, other = open_practice(), open_practice()
        hours = range(10, 10 + studio.server.container.settings.share)

        def refusal() -> httpx2.Response | None:
            answer = studio.client_without_retries.get("/v1/practice")
            return None if answer.status_code == 200 else answer

        with ThreadPoolExecutor() as threads, locked_head(studio):
            waiting = [threads.submit(studio.post_booking, f"2026-06-01T{hour}:00:00+02:00") for hour in hours]
            refused = wait_until(refusal, "the practice has no thread left")
            elsewhere = other.client.get("/v1/practice")
        booked = [answer.result() for answer in waiting]

        assert refused is not None
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert (refused.headers["retry-after"], refused.headers["content-type"]) == ("1", "application/problem+json")
        assert elsewhere.status_code == 200
        assert [answer.status_code for answer in booked] == [201] * len(hours)

    def test_answers_every_request(self, studio: PracticeClient) -> None:
        answers = map_concurrently(100, lambda _: studio.client_without_retries.get("/v1/practice"))

        assert {answer.status_code for answer in answers} <= {200, 503}
        assert sum(answer.status_code == 200 for answer in answers) >= studio.server.container.settings.share


@contextmanager
def locked_head(studio: PracticeClient) -> Iterator[None]:
    """Let every append of the practice wait until the block ends."""
    with psycopg.connect(studio.server.container.storage.server.admin_conninfo) as admin:
        admin.execute("select from log.tenant_head where tenant_id = %s for update", (studio.practice_id,))
        yield


def _second_at_the_latest(ask: Callable[[], httpx2.Response]) -> httpx2.Response:
    """Send a request, and once more after a refusal: its wait may have begun during the outage."""
    answer = ask()
    return ask() if answer.status_code == 503 else answer
