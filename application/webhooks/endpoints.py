"""Loads webhook endpoints; a removed one is not found."""

from uuid import UUID

from application.kernel.errors import NotFoundError
from application.kernel.practice_log import PracticeLog, name_of
from domain.webhooks.endpoint import WebhookEndpoint


def load_endpoint(log: PracticeLog, endpoint_id: UUID, expected_version: int | None = None) -> WebhookEndpoint:
    """Raises NotFoundError: there is none, or it was removed; StaleVersionError."""
    return require_present(log.load(WebhookEndpoint, endpoint_id, expected_version))


def require_present(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Return the endpoint. Raises NotFoundError: it was removed."""
    if endpoint.is_removed:
        raise NotFoundError(name_of(WebhookEndpoint))
    return endpoint
