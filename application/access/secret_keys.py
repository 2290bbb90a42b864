"""The secrets of API keys and calendar feeds. Only their hashes are stored."""

import hashlib
import re
import secrets
from typing import Final

KEY_PREFIX: Final = "sk_"
FEED_PREFIX: Final = "feed_"


def new_token(prefix: str) -> str:
    """Return the prefix and 256 random bits in URL-safe base64."""
    return prefix + secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """Return the SHA-256 in hexadecimal; a random secret needs neither salt nor a slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_well_formed(text: str, prefix: str) -> bool:
    """Return whether a text has the form of a secret; any other text needs no look-up."""
    return re.fullmatch(prefix + r"[A-Za-z0-9_-]{43}", text) is not None
