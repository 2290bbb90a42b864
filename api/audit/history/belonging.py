"""The streams whose events belong to an aggregate's history: merged patients, a series' visits, a course's sessions."""

from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.patients.patient import Patient
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course


def belonging(aggregate: Aggregate) -> list[UUID]:
    """Return the ids of the aggregates that this one consists of; most consist of none."""
    match aggregate:
        case Patient():
            return list(aggregate.merged_ids)
        case Series() | Course():
            return [each.booked_id for each in aggregate.occurrences.values() if each.booked_id]
        case _:
            return []
