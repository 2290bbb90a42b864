"""Find the aggregates whose events belong to the history of another one."""

from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.patients.patient import Patient
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course


def belonging(aggregate: Aggregate) -> list[UUID]:
    """Return the ids of the aggregates that belong to this one; for most there are none."""
    match aggregate:
        case Patient():
            return list(aggregate.merged_ids)
        case Series() | Course():
            return [each.booked_id for each in aggregate.occurrences.values() if each.booked_id]
        case _:
            return []
