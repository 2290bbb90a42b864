"""Register a webhook endpoint."""

from dataclasses import dataclass

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.webhooks.endpoints import require_reachable
from application.webhooks.ports import OutboundHttp, SecretBox, WebhookCatalogue
from domain.webhooks.endpoint import MAX_ENDPOINTS, Subscription, TooManyEndpointsError, WebhookEndpoint


@dataclass(frozen=True, slots=True)
class RegisterEndpoint(Command[WebhookEndpoint]):
    """``secret`` is unencrypted; it is sealed before it is recorded."""

    url: str
    events: tuple[str, ...]
    secret: str


@handles(RegisterEndpoint, needs=Permission.MANAGE_WEBHOOKS)
def register_endpoint(
    log: PracticeLog,
    command: RegisterEndpoint,
    context: Context,
    *,
    secrets: SecretBox,
    outbound: OutboundHttp,
    catalogue: WebhookCatalogue,
) -> Outcome[WebhookEndpoint]:
    """Raises InvalidValueError: a refused address or unknown event; TooManyEndpointsError."""
    subscription = Subscription(command.url, command.events).checked_against(catalogue.event_names)
    require_reachable(outbound, subscription.url)
    if catalogue.endpoint_count(log.tenant_id) >= MAX_ENDPOINTS:
        raise TooManyEndpointsError(f"a practice has {MAX_ENDPOINTS} endpoints at most; delete one first")
    id_ = uuid7()
    secret = secrets.seal(log.tenant_id, id_, command.secret)
    endpoint = WebhookEndpoint.register(id=id_, subscription=subscription, secret=secret, at=context.now)
    return log.commit(endpoint, by=context.provenance)
