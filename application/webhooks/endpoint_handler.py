"""The shape of a use case that changes a webhook endpoint: one that was removed is not found."""

from abc import abstractmethod

from application.kernel.errors import NotFoundError
from application.kernel.handlers import Changed, UpdateHandler
from application.kernel.practice_log import PracticeLog, name_of
from domain.webhooks.endpoint import WebhookEndpoint


def require_present(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Return the endpoint. Raises NotFoundError: it was removed."""
    if endpoint.is_removed:
        raise NotFoundError(name_of(WebhookEndpoint))
    return endpoint


class EndpointHandler(UpdateHandler[Changed, WebhookEndpoint]):
    kind = WebhookEndpoint

    def change(self, log: PracticeLog, thing: WebhookEndpoint, command: Changed) -> None:
        """Raises NotFoundError: it was removed; and what ``act`` raises."""
        self.act(require_present(thing), command)

    @abstractmethod
    def act(self, endpoint: WebhookEndpoint, command: Changed) -> None:
        """Ask the endpoint; it may record nothing."""
