"""/v1/webhook-endpoints: programs outside that are notified of events."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import After, Call, Changing, Creating, Reading, Showing
from api.http.paging import MOST, Cursor, Limit, cursor_behind, decoded_number
from api.http.resource_responses import CHANGES, MAKES, READS, READS_ONE, changed, collected, made
from api.http.schemas import chosen
from api.webhooks.endpoints.schemas import (
    DeliveryPage,
    EndpointBody,
    EndpointPage,
    EndpointPatch,
    EndpointShown,
    EndpointWithSecret,
    ReplayBody,
    RotationBody,
    delivery_shown,
    listed_endpoint,
    show,
)
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome
from application.webhooks.change_endpoint import ChangeEndpoint, EndpointChanges, RotateSecret
from application.webhooks.deactivate_endpoint import RemoveEndpoint
from application.webhooks.endpoints import require_present
from application.webhooks.messages import new_secret
from application.webhooks.register_endpoint import RegisterEndpoint
from application.webhooks.request_messages import RequestReplay, RequestTest
from domain.webhooks.endpoint import DeliveryStatus, WebhookEndpoint

routes = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhooks"])
_FOLLOWER = "webhooks"


@routes.post("", status_code=201, response_model=EndpointWithSecret, responses=MAKES)
async def register_webhook_endpoint(body: EndpointBody, call: Creating) -> Response:
    """Let an address outside be told of events, by their exact names. Messages are signed with the secret in the answer."""

    command = RegisterEndpoint(body.url, tuple(body.events), new_secret())

    def present(outcome: Outcome[WebhookEndpoint]) -> Answer:
        answer = made(outcome, routes.prefix, show)
        return _with_secret(call, answer, outcome.aggregate, command.secret)

    return await call.execute(command, present)


@routes.get("", response_model=EndpointPage, responses=READS)
async def list_webhook_endpoints(call: Reading, after: After = None) -> Response:
    """All endpoints and how far each has come. There are 20 at most, so they come in one page."""

    def page() -> Answer:
        call.container.wait_for(call.actor.tenant_id, _FOLLOWER, after)
        found = call.container.webhooks.queries.endpoints(call.actor.tenant_id)
        return collected("webhook_endpoints", [listed_endpoint(one) for one in found], None, after)

    return await call.read(Permission.MANAGE_WEBHOOKS, page)


@routes.get("/{webhook_endpoint_id}", response_model=EndpointShown, responses=READS_ONE)
async def get_webhook_endpoint(webhook_endpoint_id: UUID, call: Showing) -> Response:
    """One endpoint, without its secret."""
    return await call.show(
        Permission.MANAGE_WEBHOOKS,
        WebhookEndpoint,
        webhook_endpoint_id,
        lambda endpoint: show(require_present(endpoint)),
    )


@routes.patch("/{webhook_endpoint_id}", response_model=EndpointShown, responses=CHANGES)
async def change_webhook_endpoint(webhook_endpoint_id: UUID, body: EndpointPatch, call: Changing) -> Response:
    """Change where to or of what, or whether at all. What waits for its next attempt is tried at once."""
    changes = chosen(body, EndpointChanges)
    command = ChangeEndpoint(webhook_endpoint_id, changes, call.expected_version)
    return await call.change(command, show)


@routes.delete("/{webhook_endpoint_id}", response_model=EndpointShown, responses=CHANGES)
async def remove_webhook_endpoint(webhook_endpoint_id: UUID, call: Changing) -> Response:
    """Remove an endpoint for good. What it was not sent yet, it never will be."""
    command = RemoveEndpoint(webhook_endpoint_id, call.expected_version)
    return await call.change(command, show)


@routes.post("/{webhook_endpoint_id}/rotate-secret", response_model=EndpointWithSecret, responses=CHANGES)
async def rotate_webhook_secret(webhook_endpoint_id: UUID, body: RotationBody, call: Changing) -> Response:
    """Sign with a new secret from now on, and with the former one beside it for some hours."""
    overlap = timedelta(hours=body.overlap_hours)
    command = RotateSecret(webhook_endpoint_id, new_secret(), overlap, call.expected_version)

    def present(outcome: Outcome[WebhookEndpoint]) -> Answer:
        return _with_secret(call, changed(outcome, show), outcome.aggregate, command.secret)

    return await call.execute(command, present)


@routes.post("/{webhook_endpoint_id}/test", response_model=EndpointShown, responses=CHANGES)
async def test_webhook_endpoint(webhook_endpoint_id: UUID, call: Changing) -> Response:
    """Send a message of the type `webhook.test`. It takes its turn behind what waits; its fate is among the deliveries."""
    command = RequestTest(webhook_endpoint_id, call.expected_version)
    return await call.change(command, show)


@routes.post("/{webhook_endpoint_id}/replay", response_model=EndpointShown, responses=CHANGES)
async def replay_webhook_messages(webhook_endpoint_id: UUID, body: ReplayBody, call: Changing) -> Response:
    """Send once more, in order and under the same ids and numbers, whatever lies at or behind a position of the log."""
    command = RequestReplay(webhook_endpoint_id, body.from_position, call.expected_version)
    return await call.change(command, show)


@routes.get("/{webhook_endpoint_id}/deliveries", response_model=DeliveryPage, responses=READS_ONE)
async def list_webhook_deliveries(
    webhook_endpoint_id: UUID,
    call: Reading,
    status: DeliveryStatus | None = None,
    limit: Limit = MOST,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """What the endpoint was or will be sent, the newest first; neither what was sent nor what was answered is kept."""

    def page() -> Answer:
        before = decoded_number(cursor)
        endpoint = require_present(call.log.load(WebhookEndpoint, webhook_endpoint_id))
        call.container.wait_for(call.actor.tenant_id, _FOLLOWER, after)
        found, next_before = call.container.webhooks.queries.deliveries(
            call.actor.tenant_id, endpoint.id, status=status, before=before, limit=limit
        )
        return collected(
            "deliveries", [delivery_shown(endpoint.id, one) for one in found], cursor_behind(next_before), after
        )

    return await call.read(Permission.MANAGE_WEBHOOKS, page)


def _with_secret(call: Call, answer: Answer, endpoint: WebhookEndpoint, secret: str) -> Answer:
    """The secret is shown by the request that made it: a repeated one finds null."""
    is_new = call.container.webhooks.secrets.open(call.actor.tenant_id, endpoint.id, endpoint.secret) == secret
    body = {**answer.body, "secret": secret if is_new else None}
    return Answer(body, answer.status, answer.version, answer.location)
