"""What goes in and out at /v1/webhook-endpoints."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from api.http.schemas import Body, Page, Shown, Truth, Versioned, Whole
from application.webhooks.messages import message_id
from domain.webhooks.endpoint import DeliveryStatus, WebhookEndpoint
from projections.webhooks.deliveries.queries import DeliveryRecord, EndpointRecord

_EXAMPLE: Final[dict[str, Any]] = {
    "url": "https://example.org/hooks",
    "events": ["appointment.booked", "appointment.cancelled"],
}
Address = Annotated[str, Field(max_length=2_000, description="`https://`, port 443 or 8443, open to everybody.")]
Names = Annotated[
    list[Annotated[str, Field(max_length=100)]],
    Field(min_length=1, max_length=200, description="Exact names of events; there are no wildcards."),
]


class EndpointBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    url: Address
    events: Names


class EndpointPatch(Body):
    """What is left out stays as it is. While an endpoint is inactive its messages are counted and wait."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"active": False}]})

    url: Address = ""
    events: Names = Field(default_factory=list, validate_default=False)
    active: Truth = True


class RotationBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: Whole = Field(
        24, description="For so long messages carry a signature by either secret; 0 to 168.", ge=0, le=168
    )


class ReplayBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"from_position": 1}]})

    from_position: Whole = Field(description="A position of the practice's log.", ge=1, le=2**62)


class EndpointShown(Versioned):
    url: str
    events: list[str]
    active: bool
    switched_off: str | None = Field(description="Why the program itself stopped sending: `given_up`, `gone`; or null.")
    previous_secret_until: datetime | None


class EndpointWithSecret(EndpointShown):
    secret: str | None = Field(
        description="What messages are signed with. It is shown this once: a repeated request finds null."
    )


class EndpointListed(EndpointShown):
    created_at: datetime
    last_number: int = Field(description="How many messages there are for it.")
    next_number: int = Field(description="The message that it is sent next.")
    next_attempt_at: datetime | None = Field(description="Not before then, since the last attempt failed.")


class EndpointPage(Page):
    webhook_endpoints: list[EndpointListed]


class DeliveryShown(Shown):
    id: str = Field(description="The header `webhook-id`.")
    number: int
    event: str
    position: int
    thing_id: UUID
    thing_version: int
    occurred_at: datetime
    status: DeliveryStatus
    attempts: int
    first_attempt_at: datetime | None
    last_attempt_at: datetime | None
    response_code: int | None
    failure: str | None = Field(
        description="Why the last attempt failed: `timeout`, `unreachable`, `certificate_refused`, `address_refused`, `redirected`,"
        " `refused`, `answer_too_long`, `no_http`; or null."
    )


class DeliveryPage(Page):
    deliveries: list[DeliveryShown]


def show(endpoint: WebhookEndpoint) -> dict[str, object]:
    return {
        "url": endpoint.url,
        "events": endpoint.events,
        "active": endpoint.active,
        "switched_off": endpoint.switched_off,
        "previous_secret_until": endpoint.previous_until,
    }


def listed_endpoint(record: EndpointRecord) -> Mapping[str, object]:
    return {
        "id": record.endpoint_id,
        "version": record.version,
        "url": record.url,
        "events": record.events,
        "active": record.is_active,
        "switched_off": record.switched_off,
        "previous_secret_until": record.previous_until,
        "created_at": record.created_at,
        "last_number": record.last_number,
        "next_number": record.next_number,
        "next_attempt_at": record.due_at,
    }


def delivery_shown(endpoint_id: UUID, record: DeliveryRecord) -> Mapping[str, object]:
    return {
        "id": message_id(endpoint_id, record.number),
        "number": record.number,
        "event": record.event,
        "position": record.position,
        "thing_id": record.thing_id,
        "thing_version": record.thing_version,
        "occurred_at": record.occurred_at,
        "status": record.status,
        "attempts": record.attempts,
        "first_attempt_at": record.first_attempt,
        "last_attempt_at": record.last_attempt,
        "response_code": record.response_code,
        "failure": record.failure,
    }
