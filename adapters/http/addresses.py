"""Which addresses may be reached at all: never a part of the network that is not open to everybody.

Source: IANA special-purpose registries, as the standard library knows them; RFC 6052 (NAT64), RFC 4291 (IPv4-mapped), RFC 3056
(6to4), RFC 4380 (Teredo), read 2026-11.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult

_NAT64: Final = IPv6Network("64:ff9b::/96")
PORTS: Final = {"https": frozenset({443, 8443})}
"""Where webhooks are received; what else listens on a server is nobody's business here."""
PRIVATE_NAMES: Final = frozenset({"localhost", "local", "internal", "localdomain"})
"""Last labels of names that nobody outside a machine or a network knows; so is every name without a dot.
Source: RFC 6761 and 6762; ICANN Board resolution 2024.07.29.06 (.internal), read 2026-11."""
NEVER: Final = frozenset({22, 23, 25, 53, 110, 143, 389, 445, 465, 587, 993, 3306, 5432, 6379, 9200, 11211, 27017})
"""What speaks another protocol and might understand a request all the same; refused on this machine too."""


@dataclass(frozen=True, slots=True)
class Policy:
    """``is_local``: also this machine, without TLS and on any port but those of ``NEVER``; for development and tests alone."""

    is_local: bool = False

    def refusal_of_form(self, parts: SplitResult) -> str | None:
        """Return why an address is refused before anybody asks where it leads; None if it is not."""
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        if parts.scheme != "https" and not (self.is_local and parts.scheme == "http"):
            return "an address begins with https://"
        if port in NEVER or not (self.is_local or port in PORTS["https"]):
            return "webhooks are received on port 443 or 8443"
        host = parts.hostname or ""
        # Also the forms in which some libraries read a number as an address: a last label of digits is no name.
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
        """Tell whether connections to this address are made."""
        plain = unwrapped(address)
        if self.is_local and plain.is_loopback:
            return True
        return plain.is_global and not plain.is_multicast and not plain.is_reserved


def _is_private(host: str) -> bool:
    _, dot, last = host.lower().removesuffix(".").rpartition(".")
    return not dot or last in PRIVATE_NAMES


def unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address embeds, or else the address itself."""
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
