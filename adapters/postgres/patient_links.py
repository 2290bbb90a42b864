"""Implements PatientLinks with the read models ``access`` and ``calendar``."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from domain.scheduling.sessions.group_session import EnrolmentStatus
from projections.engine.ports import TenantTransaction
from projections.engine.waiting import wait_for

_FEEDS: Final = """
select feed_id from access.feed
where tenant_id = %s and patient_id = %s and revoked_at is null order by feed_id
"""
_LINES: Final = """
select session_id from calendar.enrolment
where tenant_id = %s and patient_id = %s and status = %s order by session_id
"""


class ReadPatientLinks:
    """Waits, at most two seconds, until the read model has reached the position."""

    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def open_feeds(self, tenant_id: UUID, patient_id: UUID, position: int) -> Sequence[UUID]:
        wait_for(self._transaction, tenant_id, ["access"], position)
        return self._ids(tenant_id, _FEEDS, patient_id)

    def waiting_lines(self, tenant_id: UUID, patient_id: UUID, position: int) -> Sequence[UUID]:
        wait_for(self._transaction, tenant_id, ["calendar"], position)
        return self._ids(tenant_id, _LINES, patient_id, EnrolmentStatus.WAITING.value)

    def _ids(self, tenant_id: UUID, statement: str, *values: object) -> Sequence[UUID]:
        with self._transaction(tenant_id) as cursor:
            return [id_ for (id_,) in cursor.execute(statement.encode(), (tenant_id, *values)).fetchall()]
