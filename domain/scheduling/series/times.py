"""Where the visits of a series go when one of them is moved and others are to follow."""

from datetime import datetime

from domain.kernel.zones import zone
from domain.scheduling.series.occurrences import on_the_wall


def shifted(planned: datetime, zone_name: str, from_planned: datetime, to: datetime) -> datetime:
    """Return when a visit starts that follows one which is moved from ``from_planned`` to ``to``.

    On the wall clock of the zone it takes the new time of day, as many days off its own day as the one that it follows.
    That one goes to ``to`` exactly.
    """
    if planned == from_planned:
        return to
    tz = zone(zone_name)
    goal = to.astimezone(tz).replace(tzinfo=None, fold=0)
    days = goal.date() - from_planned.astimezone(tz).date()
    own = planned.astimezone(tz)
    return on_the_wall(datetime.combine(own.date() + days, goal.time()), zone_name)
