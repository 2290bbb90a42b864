"""Webhook endpoints as a person at a terminal sees them."""

from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from api.bootstrap.container import open_container
from api.bootstrap.open_practice import create_practice
from api.bootstrap.settings import Settings
from application.webhooks.messages import new_secret
from application.webhooks.register_endpoint import RegisterEndpoint
from application.webhooks.request_messages import RequestTest
from domain.kernel.provenance import Provenance
from tests.support.commands import executor
from tests.support.scheduler_command import SchedulerCommand


@pytest.fixture(scope="module")
def endpoint(scheduler: SchedulerCommand) -> tuple[UUID, UUID]:
    """A practice's id and its endpoint's, which waits to be sent a test."""
    with open_container(Settings.model_validate({"data": scheduler.data}), stays_up=True) as container:
        practice_id = create_practice(container, "Praxis", "Europe/Berlin", "EUR", "de-DE").practice_id
        handler = executor(
            container.logs,
            container.clock,
            container.webhooks.secrets,
            container.webhooks.outbound_http,
            container.webhooks,
        )
        command = RegisterEndpoint("https://example.org/hooks", ("appointment.booked",), new_secret())
        made = handler(practice_id, command, Provenance("test", uuid7())).aggregate
        executor(container.logs, container.clock)(practice_id, RequestTest(made.id), Provenance("test", uuid7()))
    return practice_id, made.id


class TestWebhooks:
    def test_are_listed_with_what_waits(self, scheduler: SchedulerCommand, endpoint: tuple[UUID, UUID]) -> None:
        practice_id, id_ = endpoint

        [found] = scheduler.json("webhooks", "list", "--practice", str(practice_id))
        text = scheduler.run("webhooks", "list", "--practice", str(practice_id)).stdout

        assert (found["id"], found["active"], found["last_number"]) == (str(id_), True, 1)
        assert "sent 0, waiting 1" in text

    def test_tell_what_an_endpoint_is_sent(self, scheduler: SchedulerCommand, endpoint: tuple[UUID, UUID]) -> None:
        [found] = scheduler.json("webhooks", "deliveries", str(endpoint[1]), "--status", "pending")
        text = scheduler.run("webhooks", "deliveries", str(endpoint[1])).stdout

        assert (found["number"], found["event"], found["attempts"]) == (1, "webhook.test", 0)
        assert "webhook.test" in text
        assert "pending" in text

    def test_are_sent_again(self, scheduler: SchedulerCommand, endpoint: tuple[UUID, UUID]) -> None:
        replayed = scheduler.json("webhooks", "replay", str(endpoint[1]), "--from-position", "1")

        assert replayed["endpoint_id"] == str(endpoint[1])
        history = scheduler.run("history", str(endpoint[1])).stdout
        assert "A replay of messages was requested" in history
        scheduler.run("webhooks", "replay", str(uuid7()), "--from-position", "1", expect=1)
