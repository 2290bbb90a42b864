"""OpenEMR's recurring visits; its facts about insurance claims are of no feature of ours."""

from datetime import UTC, date, datetime, time, timedelta

from domain.kernel.errors import InvalidValueError
from domain.scheduling.series.occurrences import days, occurrences, series_rule
from tests.peers.replay import NOT_EXPRESSIBLE, Case, Verdict

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def replay(case: Case) -> Verdict:
    request, expected = case["input"], case["expected"]
    if "freq" in request:
        return Verdict(_count(request), expected["count"])
    if "weekday" in request:
        return Verdict(_first(request), expected["start"])
    return Verdict(NOT_EXPRESSIBLE, expected)


def _first(request: Case) -> str:
    """Our series begins on a day of its rule: the first one from the chosen date on."""
    rule = series_rule(f"FREQ=WEEKLY;COUNT=1;BYDAY={request['weekday']}")
    first = next(days(rule, date.fromisoformat(request["date"])))
    booked = occurrences(rule, datetime.combine(first, time(9), UTC), "UTC")
    return str(booked[0].starts_at.date())


def _count(request: Case) -> object:
    """How many visits of the series fall into the window; a series that is refused has none."""
    day = f";BYDAY={request['nth']}{request['weekday']}" if "nth" in request else ""
    text = f"FREQ={request['freq'].upper()};INTERVAL={request.get('interval', 1)};UNTIL={request['end'].replace('-', '')}{day}"
    first = datetime.combine(date.fromisoformat(request["start"]), time(9), UTC)
    try:
        found = occurrences(series_rule(text), first, "UTC")
    except InvalidValueError as refusal:
        return 0 if refusal.field == "rrule.interval" else f"refused: {refusal.field}"
    begins, ends = (date.fromisoformat(each) for each in request["window"])
    return sum(begins <= each.starts_at.date() < ends + timedelta(days=1) for each in found)
