"""Removes a webhook endpoint for good."""

from dataclasses import dataclass
from uuid import UUID

from application.webhooks.endpoint_handler import EndpointHandler
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class RemoveEndpoint:
    """What it was not sent yet, it never will be."""

    id: UUID
    expected_version: int | None = None


class RemoveEndpointHandler(EndpointHandler[RemoveEndpoint]):
    def act(self, endpoint: WebhookEndpoint, command: RemoveEndpoint) -> None:
        endpoint.remove(self._clock.now())
