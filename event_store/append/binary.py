"""PostgreSQL's binary form of composite rows and arrays.

A row is the number of its columns, then type, length and value of each. An array is a header, then
length and value of each element. A composite type has another number in each database; PostgreSQL
accepts any number, since it knows which type it reads.
Source: record_recv in rowtypes.c and array_recv in arrayfuncs.c, src/backend/utils/adt, PostgreSQL
16.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from event_store.append.hash_chain import microseconds

# Numbers of the built-in types. Source: pg_type.dat of PostgreSQL 16.
BOOLEAN, BYTEA, SMALLINT, INTEGER, TEXT, TIMESTAMP, UUID_, JSONB = 16, 17, 21, 23, 25, 1184, 2950, 3802
BYTEA_ARRAY: Final = 1001
COMPOSITE: Final = 2**31
"""Any composite type."""
EPOCH: Final = microseconds(datetime(2000, 1, 1, tzinfo=UTC))
"""PostgreSQL counts microseconds from the year 2000."""

HEADER: Final = struct.Struct(">II")
_LENGTH: Final = struct.Struct(">I")
_ARRAY: Final = struct.Struct(">iiIii")
_ID: Final = struct.Struct(">II16s")
_LONG: Final = struct.Struct(">IIq")
_INT: Final = struct.Struct(">IIi")
_SHORT: Final = struct.Struct(">IIh")
_BOOLEAN: Final = struct.Struct(">II?")
_NULL: Final = 0xFFFFFFFF
_NO_ID, _NO_INSTANT, _NO_INTEGER, _NO_BOOLEAN, _NO_BYTES = (
    HEADER.pack(number, _NULL) for number in (UUID_, TIMESTAMP, INTEGER, BOOLEAN, BYTEA)
)


def identifier(value: bytes | None) -> bytes:
    return _NO_ID if value is None else _ID.pack(UUID_, 16, value)


def instant(value: datetime | None) -> bytes:
    return _NO_INSTANT if value is None else _LONG.pack(TIMESTAMP, 8, microseconds(value) - EPOCH)


def integer(value: int | None) -> bytes:
    return _NO_INTEGER if value is None else _INT.pack(INTEGER, 4, value)


def small_integer(value: int) -> bytes:
    return _SHORT.pack(SMALLINT, 2, value)


def boolean(value: bool | None) -> bytes:
    return _NO_BOOLEAN if value is None else _BOOLEAN.pack(BOOLEAN, 1, value)


def octets(value: bytes | None) -> bytes:
    return _NO_BYTES if value is None else HEADER.pack(BYTEA, len(value)) + value


def text(value: bytes) -> bytes:
    return HEADER.pack(TEXT, len(value)) + value


def row(*columns: bytes) -> bytes:
    return _LENGTH.pack(len(columns)) + b"".join(columns)


def element(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def array(type_number: int, elements: Sequence[bytes]) -> bytes:
    return _ARRAY.pack(1, 0, type_number, len(elements), 1) + b"".join(elements)
