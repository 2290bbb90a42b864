"""Syntax checks of webhook URLs, before any name is resolved."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from domain.kernel.errors import InvalidValueError

LONGEST: Final = 2_000
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_HOST: Final = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?|\[[0-9a-f:.]+\]"
)


def checked_address(field: str, url: str) -> str:
    """Return a URL with its host in lower case: ``http(s)://host[:port]/path?query``.

    International hosts use their ASCII form (``xn--...``). Does not check where the host resolves to;
    that is checked at each delivery.
    Raises InvalidValueError: malformed, another scheme, a user or password, or a fragment.
    """
    if len(url) > LONGEST or not _PRINTABLE.fullmatch(url):
        raise InvalidValueError(field, "a URL has at most 2000 visible ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidValueError(field, "this is not a URL") from None
    if parts.scheme not in ("http", "https"):
        raise InvalidValueError(field, "a URL begins with https://")
    if "@" in parts.netloc or parts.fragment or "#" in url or "\\" in url:
        raise InvalidValueError(field, "a URL has no user, no password and no fragment")
    host = (parts.netloc.rpartition(":")[0] if port is not None else parts.netloc.removesuffix(":")).lower()
    if not _HOST.fullmatch(host) or len(host) > 253 or port == 0:
        raise InvalidValueError(field, "the host or port of the URL is invalid")
    netloc = host if port is None else f"{host}:{port}"
    return SplitResult(parts.scheme, netloc, parts.path or "/", parts.query, "").geturl()
