"""The exclusion constraint of time claims refuses exactly the overlaps."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.time_range import TimeRange
from tests.support.database import Database

PRACTICES = [UUID(int=1), UUID(int=2)]
RESOURCES = [UUID(int=3), UUID(int=4)]
TICK = timedelta(milliseconds=2)
"""Overlaps of a millisecond or less count as touching: see docs/adr/0011."""
MINUTE = timedelta(minutes=1) // TICK
LONGEST_CLAIM = timedelta(hours=40) // TICK

# Usually close to each other, in any year of the calendar.
years = st.sampled_from([1970, 2026, 2500, 9990]).map(lambda year: datetime(year, 1, 1, tzinfo=UTC))
offsets = st.integers(0, 1_500 * MINUTE) | st.integers(0, 1_500).map(lambda minutes: minutes * MINUTE)
lengths = st.integers(1, LONGEST_CLAIM) | st.integers(1, 120).map(lambda minutes: minutes * MINUTE)


@st.composite
def claims(draw: st.DrawFn, year: datetime) -> tuple[UUID, UUID, TimeRange]:
    starts_at = year + draw(offsets) * TICK
    during = TimeRange(starts_at, starts_at + draw(lengths) * TICK)
    return draw(st.sampled_from(PRACTICES)), draw(st.sampled_from(RESOURCES)), during


@settings(max_examples=300)
@given(st.data())
def test_boxes_overlap_exactly_if_times_of_one_resource_do(database: Database, data: st.DataObject) -> None:
    year = data.draw(years)
    one, other = data.draw(claims(year)), data.draw(claims(year))
    if data.draw(st.booleans()):  # one follows the other at once
        other = (one[0], one[1], TimeRange(one[2].ends_at, one[2].ends_at + timedelta(minutes=1)))

    with psycopg.connect(database.conninfo("postgres"), autocommit=True) as connection:
        row = connection.execute(
            "select log.stretch(%s, %s, %s, %s) && log.stretch(%s, %s, %s, %s)",
            [*one[:2], one[2].starts_at, one[2].ends_at, *other[:2], other[2].starts_at, other[2].ends_at],
        ).fetchone()

    assert row == (one[:2] == other[:2] and one[2].overlaps(other[2]),)
