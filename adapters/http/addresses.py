"""Decides which addresses may be connected to: public ones only.

Source: IANA special-purpose registries, as implemented by ``ipaddress``; RFC 6052 (NAT64),
RFC 4291 (IPv4-mapped), RFC 3056 (6to4), RFC 4380 (Teredo), read 2026-11.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult

_NAT64: Final = IPv6Network("64:ff9b::/96")
_WEBHOOK_PORTS: Final = frozenset({443, 8443})
"""Other services of a server must not be reachable."""
_PRIVATE_NAMES: Final = frozenset({"localhost", "local", "internal", "localdomain"})
"""Top-level names that exist only on one machine or network. Names without a dot are private too.
Source: RFC 6761 and 6762; ICANN Board resolution 2024.07.29.06 (.internal), read 2026-11."""
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
        # Some libraries parse a number as an address: a name never ends in a label of digits.
        if host.rpartition(".")[2].isdecimal() or host.lower().startswith("0x") or ":" in host:
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
        return plain.is_global and not plain.is_multicast and not plain.is_reserved


def _is_private(host: str) -> bool:
    _, dot, last = host.lower().removesuffix(".").rpartition(".")
    return not dot or last in _PRIVATE_NAMES


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
