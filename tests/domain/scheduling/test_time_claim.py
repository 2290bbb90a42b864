"""Claims cross to another process as they are."""

import pickle
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.kernel.time_range import TimeRange
from domain.scheduling.time_claim import TimeClaim, TimeClaims

NINE = datetime(2026, 6, 1, 9, tzinfo=UTC)
VISIT = TimeRange(NINE, NINE + timedelta(minutes=50))


class TestPickledClaims:
    @pytest.mark.parametrize(
        "claim",
        [
            TimeClaim(uuid4(), uuid4(), VISIT.with_buffers(5, 10), VISIT, uuid4()),
            TimeClaim(uuid4(), uuid4(), VISIT, VISIT, uuid4(), expires_at=NINE.replace(microsecond=123_457)),
            TimeClaim(uuid4(), uuid4(), VISIT, VISIT, beside=True),
            TimeClaim(uuid4(), uuid4(), VISIT, VISIT, uuid4(), pending=True),
        ],
    )
    def test_are_the_same(self, claim: TimeClaim) -> None:
        claims = TimeClaims([claim, claim._replace(holder_id=uuid4())])

        assert pickle.loads(pickle.dumps(claims)) == claims  # noqa: S301  our own

    @pytest.mark.parametrize("year", [1970, 2026, 2200])
    def test_keep_their_times_to_the_microsecond(self, year: int) -> None:
        starts_at = datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
        during = TimeRange(starts_at, starts_at + timedelta(microseconds=1))

        [claim] = pickle.loads(pickle.dumps(TimeClaims([TimeClaim(uuid4(), uuid4(), during, during)])))  # noqa: S301  our own

        assert (claim.during, claim.visit) == (during, during)
