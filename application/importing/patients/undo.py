"""Withdraw imported patients on whom nothing depends."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from application.importing.batches import ImportLog
from application.importing.patients.import_patients import KIND
from application.importing.ports import PatientsInUse, PersonKeys, StreamLookup
from application.importing.undo import Withdrawal
from domain.patients.patient import Patient


class PatientWithdrawal(Withdrawal[Patient]):
    aggregate = Patient
    kind = KIND

    def __init__(self, keys: PersonKeys, streams: StreamLookup, in_use: PatientsInUse) -> None:
        self._keys = keys
        self._streams = streams
        self._in_use = in_use

    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """Leave out erased patients, and patients whom another import registered again."""
        erased = frozenset(self._keys.erased_subjects(tenant_id))
        made = [id_ for id_ in self._streams.made_by(tenant_id, import_id) if id_ not in erased]
        origins = self._streams.origins(tenant_id, made)
        own = [id_ for id_ in made if origins[id_].import_id == import_id]
        return (
            [id_ for id_ in own if not origins[id_].is_withdrawn],
            [id_ for id_ in own if origins[id_].is_withdrawn],
        )

    def changed_since(self, tenant_id: UUID, import_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        return self._streams.changed_since(tenant_id, import_id, ids)

    def withdraw(self, record: Patient, at: datetime) -> None:
        record.withdraw(at)

    def in_use(self, tenant_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        return self._in_use.taking_part(tenant_id, ids)

    def reinstate_used(self, log: ImportLog, ids: Sequence[UUID], at: datetime) -> Collection[UUID]:
        """Reinstate patients for whom a visit was booked while they were being withdrawn."""
        in_use = self.in_use(log.log.tenant_id, ids)
        if in_use:
            patients = list(log.log.load_all(Patient, list(in_use)).values())
            for patient in patients:
                patient.reinstate(at)
            log.append("keep", patients)
        return in_use
