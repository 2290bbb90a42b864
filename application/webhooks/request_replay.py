"""Sends a webhook endpoint its messages once more, from a position of the log on."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.webhooks.endpoints import load_endpoint
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class RequestReplay(Command[WebhookEndpoint]):
    """In order, under the ids and numbers that they had. What is older than the endpoint was never its."""

    id: UUID
    from_position: int
    expected_version: int | None = None


@handles(RequestReplay, needs=Permission.MANAGE_WEBHOOKS)
def request_replay(log: PracticeLog, command: RequestReplay, context: Context) -> Outcome[WebhookEndpoint]:
    """Raises InvalidValueError: no such position; EndpointInactiveError."""
    endpoint = load_endpoint(log, command.id, command.expected_version)
    endpoint.request_replay(command.from_position, context.now)
    return log.commit(endpoint, by=context.provenance)
