"""Change a webhook endpoint: its address, its events, whether it is active, or its secret."""

from dataclasses import dataclass, replace
from datetime import timedelta

from application.kernel.commands import Change, Changes, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.webhooks.endpoints import load_endpoint, require_reachable
from application.webhooks.ports import OutboundHttp, SecretBox, WebhookCatalogue
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class ChangeEndpoint(Change[WebhookEndpoint]):
    """The messages of an inactive endpoint wait."""

    changes: Changes


@handles(ChangeEndpoint, needs=Permission.MANAGE_WEBHOOKS)
def change_endpoint(
    log: PracticeLog, command: ChangeEndpoint, context: Context, *, outbound: OutboundHttp, catalogue: WebhookCatalogue
) -> Outcome[WebhookEndpoint]:
    """Raises InvalidValueError: the address is refused, or an event is unknown."""
    endpoint = load_endpoint(log, command.id, command.expected_version)
    subscription = replace(endpoint.subscription, **command.changes)
    if "events" in command.changes:
        subscription.checked_against(catalogue.event_names)
    if "url" in command.changes:
        require_reachable(outbound, subscription.url)
    endpoint.change(subscription, context.now)
    return log.commit(endpoint, by=context.provenance)


@dataclass(frozen=True, slots=True)
class RotateSecret(Change[WebhookEndpoint]):
    """``secret`` is unencrypted; messages are signed with both secrets during the ``overlap``."""

    secret: str
    overlap: timedelta


@handles(RotateSecret, needs=Permission.MANAGE_WEBHOOKS)
def rotate_secret(
    log: PracticeLog, command: RotateSecret, context: Context, *, secrets: SecretBox
) -> Outcome[WebhookEndpoint]:
    """Raises InvalidValueError: an overlap below zero or above a week."""
    endpoint = load_endpoint(log, command.id, command.expected_version)
    sealed = secrets.seal(log.tenant_id, command.id, command.secret)
    endpoint.rotate_secret(sealed, command.overlap, context.now)
    return log.commit(endpoint, by=context.provenance)
