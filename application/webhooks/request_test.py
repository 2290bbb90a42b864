"""Sends a webhook endpoint a message that says nothing, to see that it works."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.webhooks.endpoints import load_endpoint
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class RequestTest(Command[WebhookEndpoint]):
    """It takes its turn behind what waits."""

    id: UUID
    expected_version: int | None = None


@handles(RequestTest, needs=Permission.MANAGE_WEBHOOKS)
def request_test(log: PracticeLog, command: RequestTest, context: Context) -> Outcome[WebhookEndpoint]:
    """Raises EndpointInactiveError."""
    endpoint = load_endpoint(log, command.id, command.expected_version)
    endpoint.request_test(context.now)
    return log.commit(endpoint, by=context.provenance)
