"""The network of a client, for limits: its IPv4 address, or the /64 of its IPv6 address."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final

_HOST_BITS: Final = 64


@lru_cache(10_000)
def client_network(host: str) -> str:
    """Return the network of a host; other texts, such as a proxy's name for a client, as they are.

    A subscriber has a whole /64 of IPv6 addresses (RFC 6177).
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> _HOST_BITS << _HOST_BITS)}/{_HOST_BITS}"
