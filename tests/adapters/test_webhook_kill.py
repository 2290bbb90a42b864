"""A worker killed in the middle of a delivery: nothing is lost, nothing changes places, one message comes twice under one id."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random

import pytest
from uuid_utils.compat import uuid7

from adapters.http.addresses import Policy
from adapters.http.outbound_http import PinnedOutboundHttp
from adapters.postgres.webhook_worker import WebhookWorker
from domain.webhooks.endpoint import Subscription, WebhookEndpoint
from event_store.keys.practice_secrets import PracticeSecrets
from projections.webhooks.deliveries.projector import WebhooksProjector
from tests.api.webhooks.receiver import Received, Receiver, receiving
from tests.support.container import Container, by_test
from tests.support.random_history import NOW, RandomHistory
from tests.support.wait_until import TIMEOUT_SECONDS, until

NAMES = ("appointment.booked", "appointment.cancelled", "patient.registered")
SHORT_SECONDS = 2.0
"""Of a lease: whoever is started after a kill need not wait long."""
KILLS = int(os.environ.get("SCHEDULER_KILL_ROUNDS", "3"))

# Another program.
PROGRAM = """
import sys, threading
from pathlib import Path
from tests.adapters.test_webhook_kill import worker_of
from tests.support.database import Database
from tests.support.container import open_container

conninfo, key_file = sys.argv[1:]
with open_container(Database(conninfo, Path(key_file))) as container:
    worker_of(container).run(threading.Event())
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def alone(container: Container) -> Iterator[None]:
    """Workers serve all practices: those of other tests have nothing to send meanwhile."""
    with container.admin() as connection:
        connection.execute("update webhooks.progress set is_active = false")
        yield
        connection.execute("update webhooks.progress set is_active = false")


def started(container: Container) -> subprocess.Popen[bytes]:
    database = container.database
    return subprocess.Popen([sys.executable, "-c", PROGRAM, database.server_conninfo, str(database.key_file)])


def endpoint_of(container: Container, life: RandomHistory, url: str, *names: str) -> WebhookEndpoint:
    id_ = uuid7()
    secret = PracticeSecrets(container.keys).seal(life.tenant_id, id_, "whsec_" + "A" * 43 + "=")
    endpoint = WebhookEndpoint.register(id=id_, subscription=Subscription(url, names or NAMES), secret=secret, at=NOW)
    life.log.record(endpoint, by=by_test())
    return endpoint


def project(container: Container, life: RandomHistory) -> int:
    """Project, and return how many messages there are."""
    container.runner(of=(WebhooksProjector(),)).catch_up(life.tenant_id)
    with container.app_transaction(life.tenant_id) as cursor:
        found = cursor.execute("select sum(last_number) from webhooks.progress").fetchone()
    return int(found[0]) if found else 0


def worker_of(container: Container, lease_seconds: float = SHORT_SECONDS) -> WebhookWorker:
    conninfo, secrets = container.database.conninfo("scheduler_worker"), PracticeSecrets(container.keys)
    http = PinnedOutboundHttp(Policy(is_local=True), seconds=TIMEOUT_SECONDS)
    return WebhookWorker(conninfo, container.logs, container.clock, secrets, http, lease_seconds)


def leased_until(container: Container, life: RandomHistory) -> datetime:
    with container.app_transaction(life.tenant_id) as cursor:
        [(at,)] = cursor.execute("select leased_until from webhooks.progress").fetchall()
    assert isinstance(at, datetime)
    return at


@contextmanager
def two_workers(container: Container) -> Iterator[None]:
    """Let two run whose leases do not end, unless they are forgotten."""
    stop = threading.Event()
    workers = [threading.Thread(target=worker_of(container, TIMEOUT_SECONDS).run, args=(stop,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        stop.set()
        for worker in workers:
            worker.join()


class TestAKilledWorker:
    @pytest.mark.timeout(300 + 10 * KILLS)
    def test_loses_and_reorders_nothing(self, container: Container, receiver: Receiver) -> None:
        life = RandomHistory(container, container.practice(), Random(5))
        endpoint_of(container, life, receiver.url)
        life.happen(120, at_once=10)
        messages = project(container, life)
        assert messages > 40
        chance = Random(5)
        doomed = sorted(chance.sample(range(3, messages - 3), KILLS))
        process = started(container)

        def answer(message: Received) -> tuple[int, dict[str, str]]:
            if doomed and message.number == doomed[0]:
                # It came, and whoever sent it never learns that.
                doomed.pop(0)
                process.send_signal(signal.SIGKILL)
                process.wait()
            return 200, {}

        receiver.answer = answer
        try:
            for left in range(KILLS, 0, -1):
                assert process.wait(TIMEOUT_SECONDS) == -signal.SIGKILL
                assert len(doomed) == left - 1
                process = started(container)
            came = receiver.until(messages + KILLS)
            receiver.stays_at(messages + KILLS)
        finally:
            process.kill()
            process.wait()

        first = list(dict.fromkeys(one.number for one in came))
        assert first == list(range(1, messages + 1))
        assert [one.number for one in came] == sorted(one.number for one in came), "a repeat comes before what is next"
        ids = [one.id for one in came]
        assert len(set(ids)) == messages
        assert max(ids.count(id_) for id_ in ids) == 2
        assert len({one.body for one in came}) == messages


class TestTwoWorkers:
    def test_do_not_get_into_each_others_way(self, container: Container, receiver: Receiver) -> None:
        life = RandomHistory(container, container.practice(), Random(6))
        endpoints = [endpoint_of(container, life, f"{receiver.url}/{number}") for number in range(6)]
        life.happen(60, at_once=10)
        messages = project(container, life)
        with two_workers(container):
            came = receiver.until(messages)
            receiver.stays_at(messages)

        assert len({one.id for one in came}) == messages
        for number in range(len(endpoints)):
            theirs = [one.number for one in came if one.path == f"/hooks/{number}"]
            assert theirs == list(range(1, len(theirs) + 1))

    def test_wait_for_one_that_lives_however_long_it_takes(self, container: Container, receiver: Receiver) -> None:
        life = RandomHistory(container, container.practice(), Random(7))
        endpoint_of(container, life, receiver.url, "patient.registered")
        life.log.record(life.register(), by=by_test())
        project(container, life)

        asked: list[str] = []

        def answer(message: Received) -> tuple[int, dict[str, str]]:
            asked.append(message.id)
            lent_until = leased_until(container, life)
            until(lambda: leased_until(container, life) > lent_until, "the lease is prolonged")
            return 200, {}

        receiver.answer = answer
        with two_workers(container):
            receiver.until(1)

        assert len(asked) == 1
