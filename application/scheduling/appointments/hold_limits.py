"""Caps on the open holds of one person: each hold takes one of a few marks.

A mark is claimed like time, for as long as the hold lasts, in the append that places it. So the
log's exclusion constraint keeps the cap under concurrency, and a mark is free at the second at
which its hold expires. Marks are keyed digests, which do not reveal the person.
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
"""People compare two or three times."""
PER_ADDRESS: Final = 10
"""A family, or a waiting room behind one address."""
LOOK_BACK: Final = timedelta(days=1)
"""Expired holds of the same person are released by the next one if they are not older than this."""
_PHONE_DIGITS: Final = 9

Address = IPv4Address | IPv6Address


def marks_by_cap(index: BlindIndex, tenant_id: UUID, contact: str | None, address: Address | None) -> list[list[UUID]]:
    """Return the marks of each cap that applies: of the contact, of the IP address."""
    caps = []
    if contact is not None:
        caps.append((f"contact {index.blind_index(tenant_id, 'hold_contact', _folded(contact))}", PER_CONTACT))
    if address is not None:
        caps.append((f"address {index.blind_index(tenant_id, 'hold_address', _network(address))}", PER_ADDRESS))
    return [[uuid5(tenant_id, f"hold {who} {number}") for number in range(most)] for who, most in caps]


def free_marks(caps: Iterable[Sequence[UUID]], claims: Iterable[TimeClaim], now: datetime, turn: int) -> list[UUID]:
    """Return one free mark of each cap; ``turn`` varies the choice, against collisions.

    Raises TooManyHoldsError: a cap has none left.
    """
    taken = {claim.what for claim in claims if not claim.has_expired(now)}
    chosen = []
    for cap in caps:
        begin = turn % len(cap)
        free = [mark for mark in (*cap[begin:], *cap[:begin]) if mark not in taken]
        if not free:
            raise TooManyHoldsError
        chosen.append(free[0])
    return chosen


def _folded(contact: str) -> str:
    """Return a form in which other spellings of an e-mail address or phone number are equal."""
    text = unicodedata.normalize("NFKC", contact).strip().casefold()
    digits = "".join(filter(str.isdecimal, text))
    return text if "@" in text or not digits else digits[-_PHONE_DIGITS:]


def _network(address: Address) -> str:
    """Return the /64 network of an IPv6 address, which usually belongs to one subscriber."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False))
    return str(address)
