"""Switches a webhook endpoint off that has taken no message for too long, or says that it is gone."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.webhooks.endpoints import load_endpoint
from domain.webhooks.endpoint import DeactivationReason, WebhookEndpoint


@dataclass(frozen=True, slots=True)
class SwitchOffEndpoint(Command[WebhookEndpoint]):
    """The message of this ``number`` is given up; those behind it wait. Repeated it records nothing."""

    id: UUID
    number: int
    reason: DeactivationReason
    expected_version: int | None = None


@handles(SwitchOffEndpoint, needs=Permission.MANAGE_WEBHOOKS)
def switch_off_endpoint(log: PracticeLog, command: SwitchOffEndpoint, context: Context) -> Outcome[WebhookEndpoint]:
    """Give the message up; those behind it wait."""
    endpoint = load_endpoint(log, command.id, command.expected_version)
    endpoint.switch_off(command.number, command.reason, context.now)
    return log.commit(endpoint, by=context.provenance)
