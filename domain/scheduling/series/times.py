"""The new times of a series when one visit is moved and others follow."""

from datetime import datetime

from domain.kernel.zones import zone
from domain.scheduling.series.occurrences import to_instant


def shifted(planned: datetime, zone_name: str, from_planned: datetime, to: datetime) -> datetime:
    """Return the new start of a visit when another one moves from ``from_planned`` to ``to``.

    In local time it takes the new time of day and moves by the same number of days. The moved visit
    itself gets exactly ``to``.
    """
    if planned == from_planned:
        return to
    tz = zone(zone_name)
    goal = to.astimezone(tz).replace(tzinfo=None, fold=0)
    days = goal.date() - from_planned.astimezone(tz).date()
    own = planned.astimezone(tz)
    return to_instant(datetime.combine(own.date() + days, goal.time()), zone_name)
