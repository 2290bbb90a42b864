"""Implements WaitingLines with the read model ``waitlist``."""

from collections.abc import Collection, Sequence
from datetime import UTC
from typing import Final
from uuid import UUID

from application.waitlist.ports import Line, Waiting
from domain.kernel.time_range import TimeRange
from domain.waitlist.preferences import WaitlistPreferences, windows_of
from projections.engine.ports import TenantTransaction
from projections.engine.waiting import wait_for

# One statement, so that the position and the rows belong to one snapshot.
_LINE: Final = """
select c.position, e.entry_id, e.patient_id, e.service_id, e.clinician_id, e.window_starts, e.window_ends, e.weekly, e.notice_minutes,
    array(
        select o.starts_at from waitlist.offer o
        where o.tenant_id = e.tenant_id and o.entry_id = e.entry_id and o.clinician_id = %(clinician)s
          and o.starts_at >= %(from)s and o.starts_at < %(until)s
    )
from (
    select coalesce(max(p.position), 0) as position from projection.cursor p
    where p.tenant_id = %(tenant)s and p.projector = 'waitlist'
) c
left join waitlist.entry e on e.tenant_id = %(tenant)s and e.status = 'waiting' and e.service_id = any (%(services)s)
    and (e.clinician_id is null or e.clinician_id = %(clinician)s)
order by e.place
"""
_ENTRIES: Final = """
select entry_id from waitlist.entry
where tenant_id = %s and patient_id = any (%s) and status = 'waiting' order by place
"""


class ReadWaitingLines:
    """Reads the wait list of a practice, with the position that the read model has reached."""

    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def line(self, tenant_id: UUID, clinician_id: UUID, service_ids: Collection[UUID], during: TimeRange) -> Line:
        parameters = {
            "tenant": tenant_id,
            "clinician": clinician_id,
            "services": list(service_ids),
            "from": during.starts_at,
            "until": during.ends_at,
        }
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(_LINE, parameters).fetchall()
        return Line(
            rows[0][0],
            [
                Waiting(
                    entry_id,
                    patient_id,
                    service_id,
                    WaitlistPreferences(wanted, windows_of(starts, ends), notice, tuple(weekly)),
                    [start.astimezone(UTC) for start in before],
                )
                for _, entry_id, patient_id, service_id, wanted, starts, ends, weekly, notice, before in rows
                if entry_id is not None
            ],
        )

    def entries_of(
        self, tenant_id: UUID, patient_ids: Collection[UUID], *, at_least: int | None = None
    ) -> Sequence[UUID]:
        if at_least is not None:
            wait_for(self._transaction, tenant_id, ["waitlist"], at_least)
        with self._transaction(tenant_id) as cursor:
            return [id for (id,) in cursor.execute(_ENTRIES, (tenant_id, list(patient_ids))).fetchall()]
