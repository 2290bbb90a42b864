"""Withdraw imported visits that were not changed since. No other record depends on a visit."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from application.importing.ports import VisitLookup
from application.importing.undo import Withdrawal
from application.importing.visits.import_visits import KIND
from domain.scheduling.appointments.appointment import Appointment


class VisitWithdrawal(Withdrawal[Appointment]):
    aggregate = Appointment
    kind = KIND
    releases_time = True

    def __init__(self, visits: VisitLookup) -> None:
        self._visits = visits

    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        return self._visits.made_by(tenant_id, import_id)

    def changed_since(self, tenant_id: UUID, import_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        return self._visits.changed_since(tenant_id, import_id, ids)

    def withdraw(self, record: Appointment, at: datetime) -> None:
        record.withdraw(at)
