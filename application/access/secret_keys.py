"""Makes the secrets that keys are, and the hashes that are all the practice keeps of them."""

import hashlib
import re
import secrets
from typing import Final

_KEY: Final = re.compile(r"sk_[A-Za-z0-9_-]{43}")


def new_key() -> str:
    """Return a new secret: ``sk_`` and 256 random bits in URL-safe base64. It is shown once and kept nowhere."""
    return "sk_" + secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """Return the SHA-256 of a key in hexadecimal. No salt and no slow hash: a key is random, so it cannot be guessed."""
    return hashlib.sha256(key.encode()).hexdigest()


def is_well_formed(key: str) -> bool:
    """Tell whether a text has the form of a key; what has not needs no look-up."""
    return _KEY.fullmatch(key) is not None
