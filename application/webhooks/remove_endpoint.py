"""Removes a webhook endpoint for good."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.webhooks.endpoints import load_endpoint
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class RemoveEndpoint(Command[WebhookEndpoint]):
    """What it was not sent yet, it never will be."""

    id: UUID
    expected_version: int | None = None


@handles(RemoveEndpoint, needs=Permission.MANAGE_WEBHOOKS)
def remove_endpoint(log: PracticeLog, command: RemoveEndpoint, context: Context) -> Outcome[WebhookEndpoint]:
    """Messages that were not delivered yet are never delivered."""
    endpoint = load_endpoint(log, command.id, command.expected_version)
    endpoint.remove(context.now)
    return log.commit(endpoint, by=context.provenance)
