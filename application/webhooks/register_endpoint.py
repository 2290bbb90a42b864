"""Registers a webhook endpoint."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from application.kernel.handlers import CreateHandler
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.webhooks.address_check import require_reachable
from application.webhooks.ports import OutboundHttp, SecretBox
from domain.webhooks.endpoint import MOST_ENDPOINTS, Subscription, TooManyEndpointsError, WebhookEndpoint


@dataclass(frozen=True, slots=True)
class RegisterEndpoint:
    """``secret`` is in clear; it is sealed before it is recorded."""

    url: str
    events: tuple[str, ...]
    secret: str


class RegisterEndpointHandler(CreateHandler[RegisterEndpoint, WebhookEndpoint]):
    """``names`` are all events that can be subscribed to; ``count`` tells how many endpoints a practice has."""

    kind = WebhookEndpoint

    def __init__(
        self,
        logs: PracticeLogs,
        clock: Clock,
        secrets: SecretBox,
        http: OutboundHttp,
        names: Collection[str],
        count: Callable[[UUID], int],
    ) -> None:
        super().__init__(logs, clock)
        self._secrets = secrets
        self._http = http
        self._names = names
        self._count = count

    def make(self, log: PracticeLog, command: RegisterEndpoint, id: UUID) -> WebhookEndpoint:
        """Raises InvalidValueError: an address that is refused, an event that there is not; TooManyEndpointsError."""
        subscription = Subscription(command.url, command.events).checked_against(self._names)
        require_reachable(self._http, subscription.url)
        if self._count(log.tenant_id) >= MOST_ENDPOINTS:
            raise TooManyEndpointsError(f"a practice has {MOST_ENDPOINTS} endpoints at most; delete one first")
        secret = self._secrets.seal(log.tenant_id, id, command.secret)
        return WebhookEndpoint.register(id=id, subscription=subscription, secret=secret, at=self._clock.now())
