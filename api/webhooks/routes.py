"""/v1/webhook-endpoints: external addresses that receive messages about events."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import After, Call, Changing, Creating, Reading, Showing
from api.http.paging import MAX_PAGE_SIZE, Cursor, Limit, cursor_behind, decoded_number
from api.http.resource_responses import CHANGES, MAKES, READS, READS_ONE, changed, collected, made
from api.http.schemas import sent_fields
from api.webhooks.presenters import present_delivery, present_endpoint, present_endpoint_record
from api.webhooks.schemas import (
    DeliveryPage,
    EndpointBody,
    EndpointPage,
    EndpointPatch,
    EndpointShown,
    EndpointWithSecret,
    ReplayBody,
    RotationBody,
)
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome
from application.webhooks.change_endpoint import ChangeEndpoint, RotateSecret
from application.webhooks.deactivate_endpoint import RemoveEndpoint
from application.webhooks.endpoints import require_present
from application.webhooks.messages import new_secret
from application.webhooks.register_endpoint import RegisterEndpoint
from application.webhooks.request_messages import RequestReplay, RequestTest
from domain.webhooks.endpoint import DeliveryStatus, WebhookEndpoint

routes = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhooks"])


@routes.post("", status_code=201, response_model=EndpointWithSecret, responses=MAKES)
async def register_webhook_endpoint(body: EndpointBody, call: Creating) -> Response:
    """Register an address that receives the named events. The answer has the signing secret."""
    command = RegisterEndpoint(body.url, tuple(body.events), new_secret())

    def present(outcome: Outcome[WebhookEndpoint]) -> Answer:
        answer = made(outcome, routes.prefix, present_endpoint)
        return _with_secret(call, answer, outcome.aggregate, command.secret)

    return await call.execute(command, present)


@routes.get("", response_model=EndpointPage, responses=READS)
async def list_webhook_endpoints(call: Reading, after: After = None) -> Response:
    """List all endpoints and their progress in one page: there are at most 20."""

    def page() -> Answer:
        reached = call.container.wait_for(call.actor.tenant_id, "webhooks", after)
        found = call.container.webhooks.queries.endpoints(call.actor.tenant_id)
        return collected("webhook_endpoints", [present_endpoint_record(one) for one in found], None, reached)

    return await call.read(Permission.MANAGE_WEBHOOKS, page)


@routes.get("/{webhook_endpoint_id}", response_model=EndpointShown, responses=READS_ONE)
async def get_webhook_endpoint(webhook_endpoint_id: UUID, call: Showing) -> Response:
    """Return one endpoint, without its secret."""
    return await call.get(
        Permission.MANAGE_WEBHOOKS,
        WebhookEndpoint,
        webhook_endpoint_id,
        lambda endpoint: present_endpoint(require_present(endpoint)),
    )


@routes.patch("/{webhook_endpoint_id}", response_model=EndpointShown, responses=CHANGES)
async def change_webhook_endpoint(webhook_endpoint_id: UUID, body: EndpointPatch, call: Changing) -> Response:
    """Change an endpoint's address or events, or turn it on or off. Retries are due at once."""
    command = ChangeEndpoint(webhook_endpoint_id, sent_fields(body), expected_version=call.expected_version)
    return await call.change(command, present_endpoint)


@routes.delete("/{webhook_endpoint_id}", response_model=EndpointShown, responses=CHANGES)
async def remove_webhook_endpoint(webhook_endpoint_id: UUID, call: Changing) -> Response:
    """Remove an endpoint for good. Messages that were not sent yet are dropped."""
    command = RemoveEndpoint(webhook_endpoint_id, expected_version=call.expected_version)
    return await call.change(command, present_endpoint)


@routes.post("/{webhook_endpoint_id}/rotate-secret", response_model=EndpointWithSecret, responses=CHANGES)
async def rotate_webhook_secret(webhook_endpoint_id: UUID, body: RotationBody, call: Changing) -> Response:
    """Replace the signing secret. For some hours messages are also signed with the previous one."""
    overlap = timedelta(hours=body.overlap_hours)
    command = RotateSecret(webhook_endpoint_id, new_secret(), overlap, expected_version=call.expected_version)

    def present(outcome: Outcome[WebhookEndpoint]) -> Answer:
        return _with_secret(call, changed(outcome, present_endpoint), outcome.aggregate, command.secret)

    return await call.execute(command, present)


@routes.post("/{webhook_endpoint_id}/test", response_model=EndpointShown, responses=CHANGES)
async def test_webhook_endpoint(webhook_endpoint_id: UUID, call: Changing) -> Response:
    """Enqueue a message of the type `webhook.test`. The deliveries show its result."""
    return await call.change(RequestTest(webhook_endpoint_id, expected_version=call.expected_version), present_endpoint)


@routes.post("/{webhook_endpoint_id}/replay", response_model=EndpointShown, responses=CHANGES)
async def replay_webhook_messages(webhook_endpoint_id: UUID, body: ReplayBody, call: Changing) -> Response:
    """Send all messages from a position of the log on again, with the same ids and numbers."""
    command = RequestReplay(webhook_endpoint_id, body.from_position, expected_version=call.expected_version)
    return await call.change(command, present_endpoint)


@routes.get("/{webhook_endpoint_id}/deliveries", response_model=DeliveryPage, responses=READS_ONE)
async def list_webhook_deliveries(
    webhook_endpoint_id: UUID,
    call: Reading,
    status: DeliveryStatus | None = None,
    limit: Limit = MAX_PAGE_SIZE,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """List the endpoint's deliveries, newest first. Neither messages nor responses are stored."""

    def page() -> Answer:
        before = decoded_number(cursor)
        endpoint = require_present(call.log.load(WebhookEndpoint, webhook_endpoint_id))
        reached = call.container.wait_for(call.actor.tenant_id, "webhooks", after)
        found, next_before = call.container.webhooks.queries.deliveries(
            call.actor.tenant_id, endpoint.id, status=status, before=before, limit=limit
        )
        deliveries = [present_delivery(endpoint.id, one) for one in found]
        return collected("deliveries", deliveries, cursor_behind(next_before), reached)

    return await call.read(Permission.MANAGE_WEBHOOKS, page)


def _with_secret(call: Call, answer: Answer, endpoint: WebhookEndpoint, secret: str) -> Answer:
    """Add the secret if this request made it; a repeated request gets null."""
    is_new = call.container.webhooks.secrets.open(call.actor.tenant_id, endpoint.id, endpoint.secret) == secret
    return replace(answer, body={**answer.body, "secret": secret if is_new else None})
