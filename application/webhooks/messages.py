"""The id, the body and the signature of a message, by the Standard Webhooks specification.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, version 1.0.0,
read 2026-11.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from application.webhooks.ports import Message

_PREFIX: Final = "whsec_"


def message_id(endpoint_id: UUID, number: int) -> str:
    """Return the id of a message, unique, and the same at each attempt and in each replay."""
    return f"msg_{endpoint_id.hex}_{number}"


def body_of(tenant_id: UUID, message: Message) -> bytes:
    """Return a message as JSON, with ids only; the receiver reads the data with its own API key."""
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


def new_secret() -> str:
    """Return a new signing secret: ``whsec_`` and 256 random bits in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(message_id: str, at: datetime, body: bytes, signing_secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers of a message: its id, the time, and a signature by each secret."""
    timestamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(secret, content)}" for secret in signing_secrets),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
