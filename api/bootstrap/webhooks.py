"""Webhooks: their views, their secrets and the way to the internet."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from adapters.http.addresses import Policy
from adapters.http.outbound_http import PinnedOutboundHttp
from api.bootstrap.storage import Storage
from application.webhooks.ports import OutboundHttp, SecretBox
from domain.webhooks.public_events import public_names
from event_store.keys.practice_secrets import PracticeSecrets
from event_store.topics import event_classes
from projections.webhooks.deliveries.queries import WebhookQueries

EVENT_NAMES: Final = public_names(str(getattr(event, "TOPIC", "")) for event in event_classes())
"""The names of all events that an endpoint may subscribe to."""


@dataclass(frozen=True)
class Webhooks:
    queries: WebhookQueries
    secrets: SecretBox
    outbound_http: OutboundHttp
    event_names: frozenset[str] = EVENT_NAMES

    def endpoint_count(self, tenant_id: UUID) -> int:
        """Return the number of webhook endpoints of a practice."""
        return len(self.queries.endpoints(tenant_id))


def webhooks(storage: Storage, *, is_local: bool) -> Webhooks:
    """Wire the context. ``is_local`` also allows addresses of this machine, without TLS."""
    return Webhooks(
        WebhookQueries(storage.transaction), PracticeSecrets(storage.keys), PinnedOutboundHttp(Policy(is_local))
    )
