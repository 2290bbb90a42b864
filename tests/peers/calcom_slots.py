"""cal.com's list of starts from ranges of time."""

from datetime import timedelta

from domain.scheduling.availability.query import AvailabilityQuery, Place, VisitRules
from tests.peers.calcom_grid import aligned
from tests.peers.replay import Case, Verdict, instant, last_moment, named, offered_starts, open_during, union


def replay(case: Case) -> Verdict:
    request = case["input"]
    step = request["frequency"] + request.get("offsetStart", 0)
    ranges = union((instant(each["start"]), last_moment(instant(each["end"]))) for each in request["dateRanges"])
    question = AvailabilityQuery(
        now=instant(case["now"]),
        rules=VisitRules(
            duration_minutes=request["eventLength"],
            step_minutes=step,
            minimum_notice_minutes=request["minimumBookingNotice"],
            horizon_days=1000,
        ),
        places=[
            Place(
                location_id=named("place"),
                zone="UTC",
                hours=open_during((aligned(begins, request["frequency"]), ends) for begins, ends in ranges),
            )
        ],
    )
    window = ranges[0][0], ranges[-1][1] + timedelta(days=1)
    return Verdict(offered_starts([question], window), [instant(each["time"]) for each in case["expected"]])
