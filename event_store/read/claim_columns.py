"""Decodes columns of time claims from PostgreSQL's binary form.

Two weeks of ten clinicians and their rooms are some two thousand claims of nine values each, and
decoding them is most of the time of a slot query. So each column is decoded at once, repeated ids,
instants and ranges are cached, and claims are made from whole columns: 0.7 µs each instead of 2.5.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Final, Generic, TypeVar
from uuid import UUID, SafeUUID

from domain.kernel.time_range import TimeRange
from domain.scheduling.time_claim import TimeClaim

K = TypeVar("K")
V = TypeVar("V")

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_HEADER: Final = 20
"""Dimensions, null flag, type, length, first index: 4 bytes each; then the elements."""
_EMPTY: Final = 12
_NULL: Final = b"\xff\xff\xff\xff"
_ID: Final = struct.Struct(">4x16s")
_INSTANT: Final = struct.Struct(">4xq")
_BOOLEANS: Final = slice(_HEADER + 4, None, 5)
_CACHE_SIZE: Final = 32_768


class _Cache(dict[K, V], Generic[K, V]):
    """Values computed from their keys; emptied when it is full."""

    def __init__(self, compute: Callable[[K], V]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, key: K) -> V:
        if len(self) >= _CACHE_SIZE:
            self.clear()
        value = self[key] = self._compute(key)
        return value


def _to_uuid(raw: bytes) -> UUID:
    # As psycopg does it: the constructor of UUID takes three times as long.
    id_ = object.__new__(UUID)
    object.__setattr__(id_, "int", int.from_bytes(raw, "big"))
    object.__setattr__(id_, "is_safe", SafeUUID.unknown)
    return id_


_ids: Final = _Cache(_to_uuid)
_instants: Final = _Cache[int, datetime](lambda microseconds: _EPOCH + timedelta(microseconds=microseconds))
_ranges: Final = _Cache[tuple[int, int], TimeRange](lambda ends: TimeRange(_instants[ends[0]], _instants[ends[1]]))


def claims_of(columns: Sequence[bytes | None]) -> list[TimeClaim]:
    """Return the claims of the nine arrays of log.read_booking_context, which may be null."""
    if columns[0] is None or len(columns[0]) == _EMPTY:
        return []
    holders, whats, starts, ends, visit_starts, visit_ends, services, expiries, besides = map(_not_null, columns)
    during = _time_ranges(starts, ends)
    # They are equal if no claim has buffers.
    visits = during if (starts, ends) == (visit_starts, visit_ends) else _time_ranges(visit_starts, visit_ends)
    rows = zip(
        _values(holders, _ID, _ids),
        _values(whats, _ID, _ids),
        during,
        visits,
        _values(services, _ID, _ids),
        _values(expiries, _INSTANT, _instants),
        map(bool, besides[_BOOLEANS]),
        repeat(False, len(during)),
        strict=True,
    )
    return list(map(TimeClaim._make, rows))


def _time_ranges(starts: bytes, ends: bytes) -> list[TimeRange]:
    pairs = zip(_INSTANT.iter_unpack(starts[_HEADER:]), _INSTANT.iter_unpack(ends[_HEADER:]), strict=True)
    return [_ranges[start, end] for (start,), (end,) in pairs]


def _values(array: bytes, layout: struct.Struct, cache: Mapping[K, V]) -> Sequence[V | None]:
    _, has_nulls, _, length = struct.unpack_from(">iiIi", array)
    if not has_nulls:
        return [cache[raw] for (raw,) in layout.iter_unpack(array[_HEADER:])]
    # Usually all are null: few claims expire.
    return (None,) * length if len(array) == _HEADER + 4 * length else list(_nullable(array, layout, cache))


def _nullable(array: bytes, layout: struct.Struct, cache: Mapping[K, V]) -> Iterator[V | None]:
    offset = _HEADER
    while offset < len(array):
        if array.startswith(_NULL, offset):
            offset += len(_NULL)
            yield None
        else:
            (raw,) = layout.unpack_from(array, offset)
            offset += layout.size
            yield cache[raw]


def _not_null(column: bytes | None) -> bytes:
    if column is None:
        raise TypeError("a column of claims is null")
    return column
