"""Changes a webhook endpoint: where to, of what, or whether at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.webhooks.address_check import require_reachable
from application.webhooks.endpoints import load_endpoint
from application.webhooks.ports import OutboundHttp, WebhookCatalogue
from domain.webhooks.endpoint import WebhookEndpoint


class EndpointChanges(TypedDict, total=False):
    url: str
    events: Sequence[str]
    active: bool


@dataclass(frozen=True, slots=True)
class ChangeEndpoint(Command[WebhookEndpoint]):
    """An inactive endpoint is sent nothing; its messages are counted and wait."""

    id: UUID
    changes: EndpointChanges
    expected_version: int | None = None


@handles(ChangeEndpoint, needs=Permission.MANAGE_WEBHOOKS)
def change_endpoint(
    log: PracticeLog, command: ChangeEndpoint, context: Context, *, outbound: OutboundHttp, catalogue: WebhookCatalogue
) -> Outcome[WebhookEndpoint]:
    """Raises InvalidValueError: a refused address, or an unknown event."""
    endpoint = load_endpoint(log, command.id, command.expected_version)
    subscription = replace(endpoint.subscription, **command.changes)
    if "events" in command.changes:
        subscription.checked_against(catalogue.event_names)
    if "url" in command.changes:
        require_reachable(outbound, subscription.url)
    endpoint.change(subscription, context.now)
    return log.commit(endpoint, by=context.provenance)
