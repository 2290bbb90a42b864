"""Bodies of requests and answers about webhook endpoints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.http.schemas import Body, Page, Shown, Truth, Versioned, Whole, examples
from domain.webhooks.endpoint import DeliveryStatus

Address = Annotated[str, Field(max_length=2_000, description="`https://`, port 443 or 8443, publicly reachable.")]
Names = Annotated[
    list[Annotated[str, Field(max_length=100)]],
    Field(min_length=1, max_length=200, description="Exact names of events; there are no wildcards."),
]


class EndpointBody(Body):
    model_config = examples(
        {"url": "https://example.org/hooks", "events": ["appointment.booked", "appointment.cancelled"]}
    )

    url: Address
    events: Names


class EndpointPatch(Body):
    """Omitted fields stay as they are. Messages for an inactive endpoint wait."""

    model_config = examples({"active": False})

    url: Address = ""
    events: Names = Field(default_factory=list, validate_default=False)
    active: Truth = True


class RotationBody(Body):
    model_config = examples({"overlap_hours": 24})

    overlap_hours: Whole = Field(
        24, description="How long messages are signed with both secrets; 0 to 168.", ge=0, le=168
    )


class ReplayBody(Body):
    model_config = examples({"from_position": 1})

    from_position: Whole = Field(description="A position of the practice's log.", ge=1, le=2**62)


class EndpointShown(Versioned):
    url: str
    events: list[str]
    active: bool
    switched_off: str | None = Field(description="Why the program deactivated it: `given_up`, `gone`; or null.")
    previous_secret_until: datetime | None


class EndpointWithSecret(EndpointShown):
    secret: str | None = Field(description="The signing secret. It is answered once: a repeated request gets null.")


class EndpointListed(EndpointShown):
    created_at: datetime
    last_number: int = Field(description="The number of its newest message.")
    next_number: int = Field(description="The number of the message to send next.")
    next_attempt_at: datetime | None = Field(description="The time of the next attempt, if the last one failed.")


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
