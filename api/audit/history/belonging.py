"""Whose events are told with a thing's own: those of patients who were merged into it, of a series' visits, of a course's sessions."""

from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.patients.patient import Patient
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course


def belonging(thing: Aggregate) -> list[UUID]:
    """Return the ids of what a thing is made of; none of most things."""
    match thing:
        case Patient():
            return list(thing.merged_ids)
        case Series() | Course():
            return [each.booked_id for each in thing.occurrences.values() if each.booked_id]
        case _:
            return []
