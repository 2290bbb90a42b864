"""Decides which addresses may be connected to: public ones only.

Source: IANA special-purpose registries, as implemented by ``ipaddress``; RFC 6052 (NAT64),
RFC 4291 (IPv4-mapped), RFC 3056 (6to4), RFC 4380 (Teredo), read 2026-11.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult

_NAT64: Final = IPv6Network("64:ff9b::/96")
PORTS: Final = {"https": frozenset({443, 8443})}
"""The ports on which webhooks may be received. Other services of a server must not be reachable."""
PRIVATE_NAMES: Final = frozenset({"localhost", "local", "internal", "localdomain"})
"""Top-level names that exist only on one machine or network. Names without a dot are private too.
Source: RFC 6761 and 6762; ICANN Board resolution 2024.07.29.06 (.internal), read 2026-11."""
NEVER: Final = frozenset({22, 23, 25, 53, 110, 143, 389, 445, 465, 587, 993, 3306, 5432, 6379, 9200, 11211, 27017})
"""Ports of other protocols that might interpret a request; refused on the local machine too."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses are allowed.

    ``is_local`` also allows the local machine, without TLS and on any port except ``NEVER``. It is for
    development and tests only.
    """

    is_local: bool = False

    def refusal_of_form(self, parts: SplitResult) -> str | None:
        """Return why a URL is refused before its name is resolved, or None."""
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        if parts.scheme != "https" and not (self.is_local and parts.scheme == "http"):
            return "an address begins with https://"
        if port in NEVER or not (self.is_local or port in PORTS["https"]):
            return "webhooks are received on port 443 or 8443"
        host = parts.hostname or ""
        # Some libraries read a number as an address, so a last label of digits is no name.
        if host.rpartition(".")[2].isdecimal() or host.lower().startswith("0x") or ":" in host:
            try:
                address = ip_address(host)
            except ValueError:
                return "this address leads to no place that everybody can reach"
            if not self.allows(address):
                return "this address leads to no place that everybody can reach"
        elif not self.is_local and _is_private(host):
            return "this address leads to no place that everybody can reach"
        return None

    def allows(self, address: IPv4Address | IPv6Address) -> bool:
        """Return whether connections to this address are allowed."""
        plain = unwrapped(address)
        if self.is_local and plain.is_loopback:
            return True
        return plain.is_global and not plain.is_multicast and not plain.is_reserved


def _is_private(host: str) -> bool:
    _, dot, last = host.lower().removesuffix(".").rpartition(".")
    return not dot or last in PRIVATE_NAMES


def unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
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
