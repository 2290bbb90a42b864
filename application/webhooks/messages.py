"""What a message says: ids, the kind of event, positions and times, and nothing about a person."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from application.webhooks.ports import Destination, Message, SecretBox
from application.webhooks.signing import signed_headers

USER_AGENT: Final = "patient-studio-scheduler-webhooks/1"


def message_id(endpoint_id: UUID, number: int) -> str:
    """Return a message's id: the same at each attempt and in each replay, and no other message's."""
    return f"msg_{endpoint_id.hex}_{number}"


def body_of(tenant_id: UUID, message: Message) -> bytes:
    """Return the JSON that is sent: ids only; the receiver reads the rest with a key of its own."""
    return msgspec.json.encode(
        {
            "type": message.event,
            "timestamp": message.occurred_at.astimezone(UTC),
            "data": {
                "practice_id": tenant_id,
                "id": message.thing_id,
                "version": message.thing_version,
                "position": message.position,
                "number": message.number,
            },
        }
    )


def headers_of(
    endpoint_id: UUID, message: Message, body: bytes, at: datetime, secrets: Sequence[str]
) -> dict[str, str]:
    """Return what goes with a message that is sent now: what it is, from whom, and its signatures."""
    signed = signed_headers(message_id(endpoint_id, message.number), at, body, secrets)
    return {"content-type": "application/json", "user-agent": USER_AGENT, **signed}


def secrets_in_use(
    box: SecretBox, tenant_id: UUID, endpoint_id: UUID, destination: Destination, at: datetime
) -> list[str]:
    """Return the secrets to sign with: the newest, and while they overlap the one before it."""
    sealed = [destination.secret]
    if (
        destination.previous_secret is not None
        and destination.previous_until is not None
        and at < destination.previous_until
    ):
        sealed.append(destination.previous_secret)
    return [box.open(tenant_id, endpoint_id, each) for each in sealed]
