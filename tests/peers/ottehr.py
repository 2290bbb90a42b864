"""Ottehr's cadence: starts per hour by the number of providers."""

from collections import Counter
from datetime import timedelta
from math import gcd

from domain.scheduling.availability.query import AvailabilityQuery, Place, VisitRules
from tests.peers.replay import NOT_EXPRESSIBLE, Case, Verdict, instant, named, offered_starts, open_during


def replay(case: Case) -> Verdict:
    """Each provider is a clinician; without a cadence the step divides both visit and hour."""
    hours, day, length, *cadence = case["input"]
    expected = {instant(start): count for start, count in case["expected"].items()}
    numbers = {each.get("providers") for each in hours}
    if len(numbers) != 1 or not isinstance(number := numbers.pop(), int):
        return Verdict(NOT_EXPRESSIBLE, expected)
    midnight = instant(day)
    opening = open_during(
        (midnight + timedelta(hours=each["hour"]), midnight + timedelta(hours=each["hour"] + 1)) for each in hours
    )
    question = AvailabilityQuery(
        now=midnight - timedelta(days=1),
        rules=VisitRules(duration_minutes=length, step_minutes=cadence[0] if cadence else gcd(length, 60)),
        places=[Place(location_id=named("place"), zone="UTC", hours=opening)],
    )
    window = midnight, midnight + timedelta(days=1)
    return Verdict(
        dict(Counter(start for _ in range(number) for start in offered_starts([question], window))), expected
    )
