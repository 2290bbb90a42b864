"""Switches a webhook endpoint off that has taken no message for too long, or says that it is gone."""

from dataclasses import dataclass
from uuid import UUID

from application.webhooks.endpoint_handler import EndpointHandler
from domain.webhooks.endpoint import DeactivationReason, WebhookEndpoint


@dataclass(frozen=True, slots=True)
class SwitchOffEndpoint:
    """The message of this ``number`` is given up; those behind it wait. Repeated it records nothing."""

    id: UUID
    number: int
    reason: DeactivationReason
    expected_version: int | None = None


class SwitchOffEndpointHandler(EndpointHandler[SwitchOffEndpoint]):
    def act(self, endpoint: WebhookEndpoint, command: SwitchOffEndpoint) -> None:
        endpoint.switch_off(command.number, command.reason, self._clock.now())
