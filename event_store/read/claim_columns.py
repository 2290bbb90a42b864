"""Columns of claims as PostgreSQL sends them, in its binary form.

A fortnight of ten clinicians and their rooms is some two thousand claims of nine values each: what is done for each claim is most of a
question for free times in a full schedule. So a column is taken apart at once, ids, instants and stretches that come again are kept, and
claims are made of whole columns: 0.7 µs each, where one after the other took 2.5.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Final, TypeVar
from uuid import UUID, SafeUUID

from domain.kernel.time_range import TimeRange
from domain.scheduling.time_claim import TimeClaim

K = TypeVar("K")
V = TypeVar("V")

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_HEADER: Final = 20
"""Dimensions, whether there are nulls, the type, the length, the first index: four bytes each. Each element follows its length."""
_NO_ELEMENTS: Final = 12
_NULL: Final = b"\xff\xff\xff\xff"
_ID: Final = struct.Struct(">4x16s")
_INSTANT: Final = struct.Struct(">4xq")
_TRUTHS: Final = slice(_HEADER + 4, None, 5)
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


class _Instants(dict[int, datetime]):
    """Instants by their microseconds since 2000."""

    def __missing__(self, microseconds: int) -> datetime:
        if len(self) >= _MOST_KEPT:
            self.clear()
        moment = self[microseconds] = _EPOCH + timedelta(microseconds=microseconds)
        return moment


class _Ranges(dict[tuple[int, int], TimeRange]):
    """Stretches of time by the microseconds of their ends: a visit's claims share theirs, and other days' visits have the same hours."""

    def __missing__(self, ends: tuple[int, int]) -> TimeRange:
        if len(self) >= _MOST_KEPT:
            self.clear()
        starts_at, ends_at = ends
        during = self[ends] = TimeRange(_instants[starts_at], _instants[ends_at])
        return during


_ids: Final = _Ids()
_instants: Final = _Instants()
_ranges: Final = _Ranges()


def claims_of(columns: Sequence[bytes | None]) -> list[TimeClaim]:
    """Return the claims of nine arrays: holders, things, starts, ends, starts and ends of visits, services, expiries, beside.

    Arrays are null, or empty, where there are no claims.
    """
    if columns[0] is None or len(columns[0]) == _NO_ELEMENTS:
        return []
    holders, whats, starts, ends, visit_starts, visit_ends, services, expiries, besides = map(_sure, columns)
    during = _stretches(starts, ends)
    # Without buffers both times are one.
    visits = during if (starts, ends) == (visit_starts, visit_ends) else _stretches(visit_starts, visit_ends)
    rows = zip(
        _values(holders, _ID, _ids),
        _values(whats, _ID, _ids),
        during,
        visits,
        _values(services, _ID, _ids),
        _values(expiries, _INSTANT, _instants),
        map(bool, besides[_TRUTHS]),
        repeat(False, len(during)),
        strict=True,
    )
    return list(map(TimeClaim._make, rows))


def _stretches(starts: bytes, ends: bytes) -> list[TimeRange]:
    pairs = zip(_INSTANT.iter_unpack(starts[_HEADER:]), _INSTANT.iter_unpack(ends[_HEADER:]), strict=True)
    return [_ranges[begins, until] for (begins,), (until,) in pairs]


def _values(array: bytes, layout: struct.Struct, kept: Mapping[K, V]) -> Sequence[V | None]:
    _, has_nulls, _, length = struct.unpack_from(">iiIi", array)
    if not has_nulls:
        return _all(array, layout, kept)
    # Usually all of them are null: few claims expire.
    return (None,) * length if len(array) == _HEADER + 4 * length else list(_one_by_one(array, layout, kept))


def _all(array: bytes, layout: struct.Struct, kept: Mapping[K, V]) -> Sequence[V]:
    return [kept[raw] for (raw,) in layout.iter_unpack(array[_HEADER:])]


def _one_by_one(array: bytes, layout: struct.Struct, kept: Mapping[K, V]) -> Iterator[V | None]:
    at = _HEADER
    while at < len(array):
        if array.startswith(_NULL, at):
            at += len(_NULL)
            yield None
        else:
            (raw,) = layout.unpack_from(array, at)
            at += layout.size
            yield kept[raw]


def _sure(raw: bytes | None) -> bytes:
    if raw is None:
        raise TypeError("a null where there cannot be one")
    return raw
