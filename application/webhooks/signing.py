"""Signs messages as Standard Webhooks has it, so that receivers verify them with a library they have.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, version 1.0.0, read 2026-11.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

_PREFIX: Final = "whsec_"


def new_secret() -> str:
    """Return a new signing secret: ``whsec_`` and 256 random bits in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(message_id: str, at: datetime, body: bytes, signing_secrets: Sequence[str]) -> dict[str, str]:
    """Return what goes with a message that is sent ``at`` an instant: its id, the time in seconds, a signature by each secret."""
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
