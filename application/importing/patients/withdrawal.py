"""How registrations are taken back that an import made: of everybody for whom there is nothing else yet."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from application.importing.appends import ImportAppends
from application.importing.patients.import_patients import KIND
from application.importing.patients.ports import InUse, PersonKeys, RegisteredPatients
from application.importing.withdrawal import Withdrawal
from domain.patients.patient import Patient


class PatientWithdrawal(Withdrawal[Patient]):
    kind = Patient
    of = KIND

    def __init__(self, keys: PersonKeys, facts: RegisteredPatients, in_use: InUse) -> None:
        self._keys = keys
        self._facts = facts
        self._in_use = in_use

    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """Who was erased is passed over, and so is whom another import registered anew."""
        erased = frozenset(self._keys.erased_subjects(tenant_id))
        made = [id_ for id_ in self._facts.made_by(tenant_id, import_id) if id_ not in erased]
        origins = self._facts.origins(tenant_id, made)
        own = [id_ for id_ in made if origins[id_].import_id == import_id]
        return (
            [id_ for id_ in own if not origins[id_].is_withdrawn],
            [id_ for id_ in own if origins[id_].is_withdrawn],
        )

    def changed_since(self, tenant_id: UUID, import_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        return self._facts.changed_since(tenant_id, import_id, ids)

    def withdraw(self, thing: Patient, at: datetime) -> None:
        thing.withdraw(at)

    def in_use(self, tenant_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        return self._in_use.taking_part(tenant_id, ids)

    def reinstated(self, appends: ImportAppends, ids: Sequence[UUID], at: datetime) -> Collection[UUID]:
        """A visit may have been booked while its patient was being withdrawn: the visit stands, and so does the patient."""
        in_use = self.in_use(appends.log.tenant_id, ids)
        if in_use:
            patients = list(appends.log.load_all(Patient, list(in_use)).values())
            for patient in patients:
                patient.reinstate(at)
            appends.record("keep", patients)
        return in_use
