"""Changes a webhook endpoint: where to, of what, or whether at all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.webhooks.address_check import require_reachable
from application.webhooks.endpoint_handler import EndpointHandler
from application.webhooks.ports import OutboundHttp
from domain.webhooks.endpoint import WebhookEndpoint


class EndpointChanges(TypedDict, total=False):
    url: str
    events: Sequence[str]
    active: bool


@dataclass(frozen=True, slots=True)
class ChangeEndpoint:
    """An inactive endpoint is sent nothing; its messages are counted and wait."""

    id: UUID
    changes: EndpointChanges
    expected_version: int | None = None


class ChangeEndpointHandler(EndpointHandler[ChangeEndpoint]):
    """``names`` are all events that can be subscribed to."""

    def __init__(self, logs: PracticeLogs, clock: Clock, http: OutboundHttp, names: Collection[str]) -> None:
        super().__init__(logs, clock)
        self._http = http
        self._names = names

    def act(self, endpoint: WebhookEndpoint, command: ChangeEndpoint) -> None:
        """Raises InvalidValueError: an address that is refused, or an event that there is not."""
        to = replace(endpoint.subscription, **command.changes)
        if "events" in command.changes:
            to.checked_against(self._names)
        if "url" in command.changes:
            require_reachable(self._http, to.url)
        endpoint.change(to, self._clock.now())
