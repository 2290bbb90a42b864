"""Decides which addresses may be connected to: public ones only.

Source: IANA special-purpose registries, as implemented by ``ipaddress``, and what Python 3.11 lacks
of them; RFC 6052 (NAT64), RFC 4291 (IPv4-mapped), RFC 3056 (6to4), RFC 4380 (Teredo), read 2026-11.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult

_NAT64: Final = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""The block from which IANA allocates public addresses. Site-local ones, fec0::/10, are outside."""
_ALSO_RESERVED: Final = (IPv6Network("3fff::/20"), IPv4Network("192.88.99.0/24"))
"""Documentation (RFC 9637), and the former anycast address of 6to4 relays (RFC 7526)."""
_WEBHOOK_PORTS: Final = frozenset({443, 8443})
"""Other services of a server must not be reachable."""
_PRIVATE_NAMES: Final = frozenset(
    {"localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa"}
)
"""Names whose subdomains exist only on one machine or network. Names without a dot are private too.
Source: RFC 6761, 6762 with appendix G, and 8375; ICANN Board resolution 2024.07.29.06 (.internal),
read 2026-11."""
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label with which browsers and C libraries read a host as an IPv4 address, in any of its
spellings: 127.1, 0x7f.1, 2130706433. Source: URL Standard, "ends in a number", read 2026-11."""
_REFUSED_PORTS: Final = frozenset(
    {22, 23, 25, 53, 110, 143, 389, 445, 465, 587, 993, 3306, 5432, 6379, 9200, 11211, 27017}
)
"""Ports of protocols that might interpret a request; refused on the local machine too."""
_NOT_PUBLIC: Final = "this address is not reachable from the public internet"


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses are allowed.

    ``is_local``, for development and tests, also allows the local machine, without TLS and on any
    port except ``_REFUSED_PORTS``.
    """

    is_local: bool = False

    def refusal_of_form(self, parts: SplitResult) -> str | None:
        """Return why a URL is refused before its name is resolved, or None."""
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        if parts.scheme != "https" and not (self.is_local and parts.scheme == "http"):
            return "an address begins with https://"
        if port in _REFUSED_PORTS or not (self.is_local or port in _WEBHOOK_PORTS):
            return "webhooks are received on port 443 or 8443"
        host = parts.hostname or ""
        if ":" in host or _NUMBER.fullmatch(_labels(host)[-1]):
            try:
                return None if self.allows(ip_address(host)) else _NOT_PUBLIC
            except ValueError:
                return _NOT_PUBLIC
        return _NOT_PUBLIC if not self.is_local and _is_private(host) else None

    def allows(self, address: IPv4Address | IPv6Address) -> bool:
        """Return whether connections to this address are allowed."""
        plain = _unwrapped(address)
        if self.is_local and plain.is_loopback:
            return True
        if isinstance(plain, IPv6Address) and plain not in _GLOBAL_UNICAST:
            return False
        is_special = plain.is_multicast or plain.is_reserved or any(plain in each for each in _ALSO_RESERVED)
        return plain.is_global and not is_special


def _is_private(host: str) -> bool:
    labels = _labels(host)
    return len(labels) == 1 or not _PRIVATE_NAMES.isdisjoint({labels[-1], ".".join(labels[-2:])})


def _labels(host: str) -> list[str]:
    return host.lower().removesuffix(".").split(".")


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address embedded in an IPv6 address; without one, the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return address
