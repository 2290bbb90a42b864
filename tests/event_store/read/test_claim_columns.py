"""Decoded columns of claims are what psycopg would load value by value."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.pq import Format

from domain.kernel.time_range import TimeRange
from domain.scheduling.time_claim import TimeClaim
from event_store.read.claim_columns import claims_of
from tests.support.database import Database

_TYPES = ("uuid", "uuid", "timestamptz", "timestamptz", "timestamptz", "timestamptz", "uuid", "timestamptz", "boolean")

ids = st.sampled_from([UUID(int=number) for number in (0, 1, 2**128 - 1)]) | st.uuids()
instants = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
lengths = st.timedeltas(timedelta(microseconds=1), timedelta(hours=40))
ranges = st.builds(lambda begins, length: TimeRange(begins, begins + length), instants, lengths)
claims = st.builds(
    TimeClaim, ids, ids, ranges, ranges, st.none() | ids, st.none() | instants, st.booleans(), st.just(False)
)


def sent(database: Database, found: list[TimeClaim]) -> list[bytes | None]:
    """Return the claims' columns as the server sends them."""
    columns = [
        [claim.holder_id for claim in found],
        [claim.what for claim in found],
        *(
            [getattr(getattr(c, part), end) for c in found]
            for part in ("during", "visit")
            for end in ("starts_at", "ends_at")
        ),
        [claim.service_id for claim in found],
        [claim.expires_at for claim in found],
        [claim.beside for claim in found],
    ]
    with psycopg.connect(database.conninfo("postgres")) as connection:
        texts = [_array(column) for column in columns]
        asked = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_TYPES, start=1))
        result = connection.pgconn.exec_params(f"select {asked}".encode(), texts, result_format=Format.BINARY)
    return [result.get_value(0, column) for column in range(len(_TYPES))]


def _array(column: list[object]) -> bytes:
    return ("{" + ",".join("null" if value is None else f'"{value}"' for value in column) + "}").encode()


@settings(max_examples=60)
@given(found=st.lists(claims, max_size=6))
def test_claims_are_those_that_were_sent(database: Database, found: list[TimeClaim]) -> None:
    assert claims_of(sent(database, found)) == found


def test_no_claims_are_a_null_for_each_column() -> None:
    assert claims_of([None] * 9) == []
