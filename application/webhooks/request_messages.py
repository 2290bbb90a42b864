"""Request a test message to a webhook endpoint, or a replay of its messages."""

from dataclasses import dataclass

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.webhooks.endpoints import load_endpoint
from domain.webhooks.endpoint import WebhookEndpoint


class RequestTest(Change[WebhookEndpoint]):
    """The test message is sent after the messages that wait."""


@dataclass(frozen=True, slots=True)
class RequestReplay(Change[WebhookEndpoint]):
    """Send the messages from a position of the log again, in order, under their ids and numbers.

    Events before the registration of the endpoint are not sent.
    """

    from_position: int


@handles(RequestTest, needs=Permission.MANAGE_WEBHOOKS)
def request_test(log: PracticeLog, command: RequestTest, context: Context) -> Outcome[WebhookEndpoint]:
    """Raises EndpointInactiveError."""
    endpoint = load_endpoint(log, command.id, command.expected_version)
    endpoint.request_test(context.now)
    return log.commit(endpoint, by=context.provenance)


@handles(RequestReplay, needs=Permission.MANAGE_WEBHOOKS)
def request_replay(log: PracticeLog, command: RequestReplay, context: Context) -> Outcome[WebhookEndpoint]:
    """Raises InvalidValueError: a position below 1; EndpointInactiveError."""
    endpoint = load_endpoint(log, command.id, command.expected_version)
    endpoint.request_replay(command.from_position, context.now)
    return log.commit(endpoint, by=context.provenance)
