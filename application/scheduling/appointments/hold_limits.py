"""How many times one person may hold at once: each hold takes one of a few places, and without a free place there is no further hold.

A place is claimed as time is: for as long as the hold lasts, in the append that places it. So the log's own constraint keeps the cap,
whatever comes at once, and a place is free again at the second at which its hold expires. Places are named by a keyed digest of the
practice: nobody can tell from the log who held.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final
from uuid import UUID, uuid5

from application.kernel.ports import BlindIndex
from domain.scheduling.errors import TooManyHoldsError
from domain.scheduling.time_claim import TimeClaim

PER_CONTACT: Final = 3
"""A person compares two or three times, no more."""
PER_ADDRESS: Final = 10
"""A family, or a waiting room behind one address."""
LOOK_BACK: Final = timedelta(days=1)
"""How old an expired hold of the same person may be to be cleared away by their next one."""
_PHONE_DIGITS: Final = 9

Address = IPv4Address | IPv6Address


def places(index: BlindIndex, tenant_id: UUID, contact: str | None, address: Address | None) -> list[list[UUID]]:
    """Return the places of each cap that holds of this person count towards: by their contact, by their address."""
    caps = []
    if contact is not None:
        caps.append((f"contact {index.blind_index(tenant_id, 'hold_contact', _folded(contact))}", PER_CONTACT))
    if address is not None:
        caps.append((f"address {index.blind_index(tenant_id, 'hold_address', _network(address))}", PER_ADDRESS))
    return [[uuid5(tenant_id, f"hold {who} {number}") for number in range(most)] for who, most in caps]


def free_places(caps: Iterable[Sequence[UUID]], claims: Iterable[TimeClaim], now: datetime, turn: int) -> list[UUID]:
    """Return one free place of each cap; ``turn`` says where to begin, so that those who ask at once rarely meet.

    Raises TooManyHoldsError: a cap has none left.
    """
    taken = {claim.what for claim in claims if not claim.has_expired(now)}
    chosen = []
    for cap in caps:
        begin = turn % len(cap)
        free = [place for place in (*cap[begin:], *cap[:begin]) if place not in taken]
        if not free:
            raise TooManyHoldsError
        chosen.append(free[0])
    return chosen


def _folded(contact: str) -> str:
    """An address without case, or the last digits of a telephone number: written in another way it is the same contact."""
    text = unicodedata.normalize("NFKC", contact).strip().casefold()
    digits = "".join(sign for sign in text if sign.isdecimal())
    return text if "@" in text or not digits else digits[-_PHONE_DIGITS:]


def _network(address: Address) -> str:
    """Who has one address of version 6 has the 2^64 beside it too."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False))
    return str(address)
