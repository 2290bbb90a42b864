"""Deactivate a webhook endpoint: staff remove it, or the program gives up on it."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Change, Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.webhooks.endpoints import load_endpoint
from domain.webhooks.endpoint import DeactivationReason, WebhookEndpoint


class RemoveEndpoint(Change[WebhookEndpoint]):
    """Remove an endpoint permanently; messages that wait are never sent."""


@dataclass(frozen=True, slots=True)
class SwitchOffEndpoint(Command[WebhookEndpoint]):
    """Give up message ``number``; the ones after it wait. A repeat records nothing."""

    id: UUID
    number: int
    reason: DeactivationReason


@handles(RemoveEndpoint, needs=Permission.MANAGE_WEBHOOKS)
def remove_endpoint(log: PracticeLog, command: RemoveEndpoint, context: Context) -> Outcome[WebhookEndpoint]:
    endpoint = load_endpoint(log, command.id, command.expected_version)
    endpoint.remove(context.now)
    return log.commit(endpoint, by=context.provenance)


@handles(SwitchOffEndpoint, needs=Permission.MANAGE_WEBHOOKS)
def switch_off_endpoint(log: PracticeLog, command: SwitchOffEndpoint, context: Context) -> Outcome[WebhookEndpoint]:
    endpoint = load_endpoint(log, command.id)
    endpoint.switch_off(command.number, command.reason, context.now)
    return log.commit(endpoint, by=context.provenance)
