"""A worker killed during a delivery: no message is lost or reordered; one may arrive twice."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random

import pytest
from uuid_utils.compat import uuid7

from domain.webhooks.endpoint import Subscription, WebhookEndpoint
from event_store.keys.practice_secrets import PracticeSecrets
from projections.webhooks.deliveries.projector import WebhooksProjector
from tests.adapters.postgres.worker_processes import run_webhook_worker, start_worker
from tests.support.container import Container, by_test
from tests.support.random_history import NOW, RandomHistory
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until
from tests.support.webhook_receiver import ReceivedMessage, WebhookReceiver, running_receiver

NAMES = ("appointment.booked", "appointment.cancelled", "patient.registered")
KILLS = int(os.environ.get("SCHEDULER_KILL_ROUNDS", "3"))


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def alone(container: Container) -> Iterator[None]:
    """Workers serve all practices: those of other tests have nothing to send meanwhile."""
    with container.admin() as connection:
        connection.execute("update webhooks.progress set is_active = false")
        yield
        connection.execute("update webhooks.progress set is_active = false")


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


def leased_until(container: Container, life: RandomHistory) -> datetime:
    with container.app_transaction(life.tenant_id) as cursor:
        [(at,)] = cursor.execute("select leased_until from webhooks.progress").fetchall()
    assert isinstance(at, datetime)
    return at


def wait_until_sent(container: Container, life: RandomHistory) -> None:
    """Wait until no message is left to be sent, and none is being sent."""

    def is_done() -> bool:
        with container.app_transaction(life.tenant_id) as cursor:
            left = cursor.execute("select from webhooks.progress where is_waiting or lease is not null")
            return left.rowcount == 0

    wait_until(is_done, "every message is sent")


@contextmanager
def two_workers(container: Container) -> Iterator[None]:
    """Run two workers whose leases expire only if they are not extended."""
    stop = threading.Event()
    workers = [threading.Thread(target=run_webhook_worker, args=(container, stop, TIMEOUT_SECONDS)) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        stop.set()
        for worker in workers:
            worker.join()


class TestKilledWorker:
    @pytest.mark.timeout(300 + 10 * KILLS)
    def test_loses_and_reorders_nothing(self, container: Container, receiver: WebhookReceiver) -> None:
        life = RandomHistory(container, container.practice(), Random(5))
        endpoint_of(container, life, receiver.url)
        life.append_events(max(120, 4 * KILLS), batch_size=10)
        messages = project(container, life)
        assert messages > 40
        chance = Random(5)
        doomed = sorted(chance.sample(range(3, messages - 3), KILLS))
        process = start_worker(container, run_webhook_worker)

        def answer(message: ReceivedMessage) -> tuple[int, dict[str, str]]:
            if doomed and message.number == doomed[0]:
                # It arrived, but its sender dies before it gets the answer.
                doomed.pop(0)
                process.kill()
                process.wait()
            return 200, {}

        receiver.answer = answer
        try:
            for left in range(KILLS, 0, -1):
                assert process.wait(TIMEOUT_SECONDS) == -signal.SIGKILL
                assert len(doomed) == left - 1
                process = start_worker(container, run_webhook_worker)
            wait_until_sent(container, life)
        finally:
            process.kill()
            process.wait()

        came = receiver.received
        assert len(came) == messages + KILLS
        first = list(dict.fromkeys(one.number for one in came))
        assert first == list(range(1, messages + 1))
        assert [one.number for one in came] == sorted(one.number for one in came), "a repeat comes before what is next"
        ids = [one.id for one in came]
        assert len(set(ids)) == messages
        assert max(ids.count(id_) for id_ in ids) == 2
        assert len({one.body for one in came}) == messages


class TestTwoWorkers:
    def test_do_not_disturb_each_other(self, container: Container, receiver: WebhookReceiver) -> None:
        life = RandomHistory(container, container.practice(), Random(6))
        endpoints = [endpoint_of(container, life, f"{receiver.url}/{number}") for number in range(6)]
        life.append_events(60, batch_size=10)
        messages = project(container, life)
        with two_workers(container):
            receiver.wait_for(messages)
            wait_until_sent(container, life)

        came = receiver.received
        assert len({one.id for one in came}) == len(came) == messages
        for number in range(len(endpoints)):
            theirs = [one.number for one in came if one.path == f"/hooks/{number}"]
            assert theirs == list(range(1, len(theirs) + 1))

    def test_wait_for_one_that_lives_however_long_it_takes(
        self, container: Container, receiver: WebhookReceiver
    ) -> None:
        life = RandomHistory(container, container.practice(), Random(7))
        endpoint_of(container, life, receiver.url, "patient.registered")
        life.log.record(life.register(), by=by_test())
        project(container, life)

        asked: list[str] = []

        def answer(message: ReceivedMessage) -> tuple[int, dict[str, str]]:
            asked.append(message.id)
            lent_until = leased_until(container, life)
            wait_until(lambda: leased_until(container, life) > lent_until, "the lease is prolonged")
            return 200, {}

        receiver.answer = answer
        with two_workers(container):
            receiver.wait_for(1)

        assert len(asked) == 1
