"""Sends a webhook endpoint a message that says nothing, to see that it works."""

from dataclasses import dataclass
from uuid import UUID

from application.webhooks.endpoint_handler import EndpointHandler
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class RequestTest:
    """It takes its turn behind what waits."""

    id: UUID
    expected_version: int | None = None


class RequestTestHandler(EndpointHandler[RequestTest]):
    def act(self, endpoint: WebhookEndpoint, command: RequestTest) -> None:
        """Raises EndpointInactiveError."""
        endpoint.request_test(self._clock.now())
