"""Asks the calendar for the visits that a feed shows, each with when it became what it is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from domain.scheduling.status import HOLDING
from domain.time_range import TimeRange
from projections.calendar.queries import LONGEST_VISIT
from projections.ports import TenantTransaction

_SELECT: Final = """
select a.appointment_id, a.patient_id, a.service_id, a.clinician_id, a.location_id, a.starts_at, a.ends_at, a.version, e.effective_at
from calendar.appointment a join log.event e on e.tenant_id = a.tenant_id and e.position = a.position
where a.tenant_id = %s and a.starts_at > %s and a.starts_at < %s and a.ends_at > %s and a.status = any (%s)
"""


class FeedVisit(NamedTuple):
    """A visit that takes its time; instants in UTC. It has been what it is since ``revised_at``."""

    appointment_id: UUID
    patient_id: UUID
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    starts_at: datetime
    ends_at: datetime
    version: int
    revised_at: datetime


class FeedQueries:
    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def visits(
        self,
        tenant_id: UUID,
        within: TimeRange,
        most: int,
        *,
        clinician_id: UUID | None = None,
        patient_ids: Sequence[UUID] = (),
    ) -> Sequence[FeedVisit]:
        """Return the first ``most`` visits in a time, in order of their start: of a clinician, or of a patient under all their ids."""
        whose, value = (
            ("a.clinician_id = %s", clinician_id) if clinician_id else ("a.patient_id = any (%s)", patient_ids)
        )
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                f"{_SELECT} and {whose} order by a.starts_at, a.appointment_id limit %s",
                (
                    tenant_id,
                    within.starts_at - LONGEST_VISIT,
                    within.ends_at,
                    within.starts_at,
                    [status.value for status in HOLDING],
                    value if clinician_id else list(patient_ids),
                    most,
                ),
                binary=True,
            ).fetchall()
        # PostgreSQL answers in its session's zone.
        visits = (FeedVisit(*row) for row in rows)
        return [
            visit._replace(
                starts_at=visit.starts_at.astimezone(UTC),
                ends_at=visit.ends_at.astimezone(UTC),
                revised_at=visit.revised_at.astimezone(UTC),
            )
            for visit in visits
        ]
