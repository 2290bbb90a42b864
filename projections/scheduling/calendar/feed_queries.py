"""Query the visits and group sessions of a calendar feed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.status import HOLDING
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSessionStatus
from projections.engine.ports import TenantTransaction
from projections.engine.queries import in_utc
from projections.scheduling.calendar.queries import LONGEST_VISIT

_WITHIN: Final = "t.tenant_id = %(tenant_id)s and t.starts_at > %(earliest)s and t.starts_at < %(until)s and t.ends_at > %(starts_from)s"
_VISITS: Final = f"""
select t.appointment_id as id, t.patient_id, t.service_id, array[t.clinician_id] as staff_ids, t.location_id, t.starts_at, t.ends_at,
    e.version, e.effective_at
from calendar.appointment t join log.event e on e.tenant_id = t.tenant_id and e.position = t.position
where {_WITHIN} and t.status = any (%(holding)s)
"""  # noqa: S608  constants only
_SESSION: Final = "t.session_id, null::uuid, t.service_id, t.staff_ids, t.location_id, t.starts_at, t.ends_at, e.version, e.effective_at"

# A session counts as unchanged since it was placed: changes of its roster do not revise it.
_OF_A_CLINICIAN: Final = f"""
{_VISITS} and t.clinician_id = %(clinician_id)s
union all
select {_SESSION}
from calendar.session t join log.event e on e.tenant_id = t.tenant_id and e.position = t.placed_position
where {_WITHIN} and t.status = %(planned)s and %(clinician_id)s = any (t.staff_ids)
order by starts_at, id limit %(most)s
"""  # noqa: S608  constants only

# For a patient, their own enrolment revises it too.
_OF_A_PATIENT: Final = f"""
{_VISITS} and t.patient_id = any (%(patient_ids)s)
union all
select {_SESSION}
from (
    select n.session_id, max(n.position) as position from calendar.enrolment n
    where n.tenant_id = %(tenant_id)s and n.patient_id = any (%(patient_ids)s) and n.status = %(enrolled)s
    group by n.session_id
) n
join calendar.session t on t.tenant_id = %(tenant_id)s and t.session_id = n.session_id
join log.event e on e.tenant_id = t.tenant_id and e.position = greatest(t.placed_position, n.position)
where {_WITHIN} and t.status = %(planned)s
order by starts_at, id limit %(most)s
"""  # noqa: S608  constants only


class FeedVisit(NamedTuple):
    """A visit or group session; instants in UTC. It came to ``version`` at ``revised_at``.

    ``patient_id`` is None for a group session.
    """

    id: UUID
    patient_id: UUID | None
    service_id: UUID
    staff_ids: Sequence[UUID]
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
        """Return the first ``most`` visits and sessions that hold their time, by their start.

        For a clinician: those that they give. For a patient, given by all their ids: their visits,
        and the sessions in which they have a seat.
        """
        with self._transaction(tenant_id) as cursor:
            cursor.execute(
                _OF_A_CLINICIAN if clinician_id else _OF_A_PATIENT,
                {
                    "tenant_id": tenant_id,
                    "earliest": within.starts_at - LONGEST_VISIT,
                    "starts_from": within.starts_at,
                    "until": within.ends_at,
                    "holding": [status.value for status in HOLDING],
                    "planned": GroupSessionStatus.PLANNED.value,
                    "enrolled": EnrolmentStatus.ENROLLED.value,
                    "clinician_id": clinician_id,
                    "patient_ids": list(patient_ids),
                    "most": most,
                },
                binary=True,
            )
            # One by one: fetchall would convert thousands of rows while no other thread runs.
            return [FeedVisit(*in_utc(row)) for row in cursor]
