"""Addresses outside: what can be right about them before anybody looks up where they lead."""

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
    """Return an address with its host in lower case: ``http(s)://host[:port]/path?query``.

    A host of another script is written as its ASCII form (``xn--...``). Whether the address may be reached at all depends on where
    it leads at that moment, and is asked each time.
    Raises InvalidValueError: it has another scheme, a user or password, a fragment, or is none.
    """
    if len(url) > LONGEST or not _PRINTABLE.fullmatch(url):
        raise InvalidValueError(field, "this is no address: at most 2000 visible ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidValueError(field, "this is no address") from None
    if parts.scheme not in ("http", "https"):
        raise InvalidValueError(field, "an address begins with https://")
    if "@" in parts.netloc or parts.fragment or "#" in url or "\\" in url:
        raise InvalidValueError(field, "an address has no user, no password and no fragment")
    host = (parts.netloc.rpartition(":")[0] if port is not None else parts.netloc.removesuffix(":")).lower()
    if not _HOST.fullmatch(host) or len(host) > 253 or port == 0:
        raise InvalidValueError(field, "this is no address: its host or port cannot be read")
    netloc = host if port is None else f"{host}:{port}"
    return SplitResult(parts.scheme, netloc, parts.path or "/", parts.query, "").geturl()
