"""cal.com's list of starts from ranges of time."""

from datetime import timedelta

from domain.scheduling.availability.query import AvailabilityQuery, Place, VisitRules
from tests.peers.calcom_grid import aligned
from tests.peers.replay import Case, Verdict, instant, last_moment, named, open_during, starts, union


def replay(case: Case) -> Verdict:
    asked = case["input"]
    step = asked["frequency"] + asked.get("offsetStart", 0)
    ranges = union((instant(each["start"]), last_moment(instant(each["end"]))) for each in asked["dateRanges"])
    question = AvailabilityQuery(
        now=instant(case["now"]),
        rules=VisitRules(
            duration_minutes=asked["eventLength"],
            step_minutes=step,
            minimum_notice_minutes=asked["minimumBookingNotice"],
            horizon_days=1000,
        ),
        places=[
            Place(
                location_id=named("place"),
                zone="UTC",
                hours=open_during((aligned(begins, asked["frequency"]), ends) for begins, ends in ranges),
            )
        ],
    )
    window = ranges[0][0], ranges[-1][1] + timedelta(days=1)
    return Verdict(starts([question], window), [instant(each["time"]) for each in case["expected"]])
