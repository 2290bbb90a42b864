"""Gives a webhook endpoint a new signing secret."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.webhooks.endpoint_handler import EndpointHandler
from application.webhooks.ports import SecretBox
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class RotateSecret:
    """``secret`` is in clear, and belongs to ``tenant_id``; messages are signed with both secrets during the ``overlap``."""

    tenant_id: UUID
    id: UUID
    secret: str
    overlap: timedelta
    expected_version: int | None = None


class RotateSecretHandler(EndpointHandler[RotateSecret]):
    def __init__(self, logs: PracticeLogs, clock: Clock, secrets: SecretBox) -> None:
        super().__init__(logs, clock)
        self._secrets = secrets

    def act(self, endpoint: WebhookEndpoint, command: RotateSecret) -> None:
        """Raises InvalidValueError: an overlap below zero or above a week."""
        sealed = self._secrets.seal(command.tenant_id, command.id, command.secret)
        endpoint.rotate_secret(sealed, command.overlap, self._clock.now())
