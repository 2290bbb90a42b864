"""Sends a webhook endpoint its messages once more, from a position of the log on."""

from dataclasses import dataclass
from uuid import UUID

from application.webhooks.endpoint_handler import EndpointHandler
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class RequestReplay:
    """In order, under the ids and numbers that they had. What is older than the endpoint was never its."""

    id: UUID
    from_position: int
    expected_version: int | None = None


class RequestReplayHandler(EndpointHandler[RequestReplay]):
    def act(self, endpoint: WebhookEndpoint, command: RequestReplay) -> None:
        """Raises InvalidValueError: there is no such position; EndpointInactiveError."""
        endpoint.request_replay(command.from_position, self._clock.now())
