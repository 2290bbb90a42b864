"""Makes the tokens that feeds are read with. The practice keeps their hashes alone: see application/access/secret_keys.py."""

import re
import secrets
from typing import Final

_TOKEN: Final = re.compile(r"feed_[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """Return a new token: ``feed_`` and 256 random bits in URL-safe base64. It is shown once and kept nowhere."""
    return "feed_" + secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Tell whether a text has the form of a token; what has not needs no look-up."""
    return _TOKEN.fullmatch(text) is not None
