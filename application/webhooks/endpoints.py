"""Load webhook endpoints and check their addresses."""

from uuid import UUID

from application.kernel.errors import NotFoundError
from application.kernel.practice_log import PracticeLog, name_of
from application.webhooks.ports import OutboundHttp
from domain.kernel.errors import InvalidValueError
from domain.webhooks.endpoint import WebhookEndpoint


def load_endpoint(log: PracticeLog, endpoint_id: UUID, expected_version: int | None = None) -> WebhookEndpoint:
    """Raises NotFoundError: it does not exist or was removed; StaleVersionError."""
    return require_present(log.load(WebhookEndpoint, endpoint_id, expected_version))


def require_present(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Return the endpoint. Raises NotFoundError: it was removed."""
    if endpoint.is_removed:
        raise NotFoundError(name_of(WebhookEndpoint))
    return endpoint


def require_reachable(outbound: OutboundHttp, url: str) -> None:
    """Raises InvalidValueError: requests to this address are always refused."""
    if refusal := outbound.refusal(url):
        raise InvalidValueError("url", refusal)
