"""Columns of claims as PostgreSQL sends them, in its binary form.

A fortnight of ten clinicians and their rooms is some two thousand claims of nine values each. Loaded value by value they took half of the
processor time of a question for free times: here a column is taken apart at once, and ids and instants that come again are kept.
"""

import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID, SafeUUID

from domain.scheduling.time_claim import TimeClaim
from domain.time_range import TimeRange

T = TypeVar("T")

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_HEADER: Final = 20
"""Dimensions, whether there are nulls, the type, the length, the first index: four bytes each. Each element follows its length."""
_NO_ELEMENTS: Final = 12
_MOST_KEPT: Final = 32_768


class _Ids(dict[bytes, UUID]):
    """UUIDs by their 16 bytes."""

    def __missing__(self, raw: bytes) -> UUID:
        if len(self) >= _MOST_KEPT:
            self.clear()
        # As psycopg does it: through UUID() it takes three times as long.
        id_ = self[raw] = object.__new__(UUID)
        object.__setattr__(id_, "int", int.from_bytes(raw, "big"))
        object.__setattr__(id_, "is_safe", SafeUUID.unknown)
        return id_


class _Instants(dict[bytes, datetime]):
    """Instants by the eight bytes of their microseconds since 2000."""

    def __missing__(self, raw: bytes) -> datetime:
        if len(self) >= _MOST_KEPT:
            self.clear()
        moment = self[raw] = _EPOCH + timedelta(microseconds=int.from_bytes(raw, "big", signed=True))
        return moment


_ids: Final = _Ids()
_instants: Final = _Instants()


def claims_of(columns: Sequence[bytes | None]) -> list[TimeClaim]:
    """Return the claims of nine arrays: holders, things, starts, ends, starts and ends of visits, services, expiries, beside.

    Arrays are null where there are no claims.
    """
    if columns[0] is None:
        return []
    holders, whats, starts, ends, visit_starts, visit_ends, services, expiries, besides = map(_elements, columns)
    ranges: dict[tuple[bytes | None, bytes | None], TimeRange] = {}
    claims = []
    for holder, what, begins, until, arrives, leaves, service, expiry, beside in zip(
        holders, whats, starts, ends, visit_starts, visit_ends, services, expiries, besides, strict=True
    ):
        # A visit's claims share their times, and without buffers both times are one.
        during = ranges.get((begins, until))
        if during is None:
            during = ranges[begins, until] = TimeRange(_instants[_sure(begins)], _instants[_sure(until)])
        visit = ranges.get((arrives, leaves))
        if visit is None:
            visit = ranges[arrives, leaves] = TimeRange(_instants[_sure(arrives)], _instants[_sure(leaves)])
        claims.append(
            TimeClaim(
                _ids[_sure(holder)],
                _ids[_sure(what)],
                during,
                visit,
                None if service is None else _ids[service],
                None if expiry is None else _instants[expiry],
                beside == b"\x01",
            )
        )
    return claims


def id_of(raw: bytes | None) -> UUID | None:
    return None if raw is None else _ids[raw]


def ids_of(array: bytes | None) -> tuple[UUID, ...]:
    """Return the ids of an array without nulls; nothing of one that is null itself."""
    return () if array is None else tuple(_ids[_sure(raw)] for raw in _elements(array))


def _elements(array: bytes | None) -> Sequence[bytes | None]:
    """Return the raw elements of an array of one dimension."""
    array = _sure(array)
    if len(array) == _NO_ELEMENTS:
        return ()
    _, has_nulls, _, length = struct.unpack_from(">iiIi", array)
    if has_nulls:
        # Usually all of them are null: few claims expire.
        return (None,) * length if len(array) == _HEADER + 4 * length else list(_one_by_one(array))
    step = (len(array) - _HEADER) // length
    return [array[at + 4 : at + step] for at in range(_HEADER, len(array), step)]


def _one_by_one(array: bytes) -> Iterator[bytes | None]:
    at = _HEADER
    while at < len(array):
        size = int.from_bytes(array[at : at + 4], "big", signed=True)
        at += 4
        if size < 0:
            yield None
        else:
            yield array[at : at + size]
            at += size


def _sure(raw: bytes | None) -> bytes:
    if raw is None:
        raise TypeError("a null where there cannot be one")
    return raw
