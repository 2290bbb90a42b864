"""cal.com's rolling window: the last moment of the last date that may be booked."""

from datetime import datetime, timedelta

from domain.scheduling.availability.free_starts import horizon_ends
from domain.scheduling.availability.query import AvailabilityQuery, Place, VisitRules
from tests.peers.replay import NOT_EXPRESSIBLE, Case, Verdict, instant, named, open_during

_ZONE = "Pacific/Noumea"
"""Their zone is an offset of eleven hours; ours needs a name. This one has no DST."""


def replay(case: Case) -> Verdict:
    """Theirs counts today as the first date, ours the dates after today."""
    request = case["input"][0]
    begins = datetime.fromisoformat(request["startDateInBookerTz"])
    expected = instant(case["expected"]).replace(microsecond=0) + timedelta(seconds=1)
    if request["daysNeeded"] < 2:
        return Verdict(NOT_EXPRESSIBLE, expected)
    if begins.utcoffset() != timedelta(hours=11):
        return Verdict(NOT_EXPRESSIBLE, expected)
    question = AvailabilityQuery(
        now=begins,
        rules=VisitRules(duration_minutes=30, step_minutes=30, horizon_days=request["daysNeeded"] - 1),
        places=[Place(location_id=named("place"), zone=_ZONE, hours=open_during(()))],
    )
    ends = horizon_ends(question, question.places[0])
    return Verdict(datetime.fromtimestamp(ends, expected.tzinfo), expected)
