"""Gives a webhook endpoint a new signing secret."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.webhooks.endpoints import load_endpoint
from application.webhooks.ports import SecretBox
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class RotateSecret(Command[WebhookEndpoint]):
    """``secret`` is in clear; messages are signed with both secrets during the ``overlap``."""

    id: UUID
    secret: str
    overlap: timedelta
    expected_version: int | None = None


@handles(RotateSecret, needs=Permission.MANAGE_WEBHOOKS)
def rotate_secret(
    log: PracticeLog, command: RotateSecret, context: Context, *, secrets: SecretBox
) -> Outcome[WebhookEndpoint]:
    """Raises InvalidValueError: an overlap below zero or above a week."""
    endpoint = load_endpoint(log, command.id, command.expected_version)
    sealed = secrets.seal(log.tenant_id, command.id, command.secret)
    endpoint.rotate_secret(sealed, command.overlap, context.now)
    return log.commit(endpoint, by=context.provenance)
