"""The shape of a use case that changes a webhook endpoint: one that was removed is not found."""

from abc import abstractmethod

from application.errors import NotFoundError
from application.handlers import Changed, ChangingHandler
from application.practice_log import PracticeLog, spoken
from domain.practice.webhook_endpoint import WebhookEndpoint


def require_present(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Return the endpoint. Raises NotFoundError: it was removed."""
    if endpoint.is_removed:
        raise NotFoundError(spoken(WebhookEndpoint))
    return endpoint


class EndpointHandler(ChangingHandler[Changed, WebhookEndpoint]):
    kind = WebhookEndpoint

    def change(self, log: PracticeLog, thing: WebhookEndpoint, command: Changed) -> None:
        """Raises NotFoundError: it was removed; and what ``act`` raises."""
        self.act(require_present(thing), command)

    @abstractmethod
    def act(self, endpoint: WebhookEndpoint, command: Changed) -> None:
        """Ask the endpoint; it may record nothing."""
