"""How visits are taken back that an import booked: each to which nothing has happened since. Nothing depends on a visit."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from application.importing.visits.import_visits import KIND
from application.importing.visits.ports import VisitLookup
from application.importing.withdrawal import Withdrawal
from domain.scheduling.appointments.appointment import Appointment


class VisitWithdrawal(Withdrawal[Appointment]):
    kind = Appointment
    of = KIND
    frees_time = True

    def __init__(self, visits: VisitLookup) -> None:
        self._visits = visits

    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        return self._visits.made_by(tenant_id, import_id)

    def changed_since(self, tenant_id: UUID, import_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        return self._visits.changed_since(tenant_id, import_id, ids)

    def withdraw(self, thing: Appointment, at: datetime) -> None:
        thing.withdraw(at)
