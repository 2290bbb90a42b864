"""Presenters of webhook endpoints and their deliveries."""

from uuid import UUID

from api.webhooks.schemas import DeliveryShown, EndpointListed, EndpointShown
from application.webhooks.messages import message_id
from domain.webhooks.endpoint import WebhookEndpoint
from projections.webhooks.deliveries.queries import DeliveryRecord, EndpointRecord


def present_endpoint(endpoint: WebhookEndpoint) -> dict[str, object]:
    return EndpointShown.present(endpoint, previous_secret_until=endpoint.previous_until)


def present_endpoint_record(record: EndpointRecord) -> dict[str, object]:
    return EndpointListed.present(
        record,
        id=record.endpoint_id,
        version=record.version,
        active=record.is_active,
        previous_secret_until=record.previous_until,
        next_attempt_at=record.due_at,
    )


def present_delivery(endpoint_id: UUID, record: DeliveryRecord) -> dict[str, object]:
    return DeliveryShown.present(
        record,
        id=message_id(endpoint_id, record.number),
        position=record.position,
        first_attempt_at=record.first_attempt,
        last_attempt_at=record.last_attempt,
    )
