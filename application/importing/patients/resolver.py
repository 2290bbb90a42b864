"""Resolve rows to patients whom the practice knows.

The same person: the same given and family name, and also the same date of birth, e-mail address or
phone number; two persons with different dates of birth are never the same. Possibly the same person,
for people to decide: the same e-mail address, the same phone number, or the same family name and date
of birth.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from application.importing.identities import SourceIdentities
from application.importing.patients.reader import PersonRow
from application.importing.ports import Directory, ImportPorts, KnownDetails, comparable_name
from application.kernel.practice_log import PracticeLog
from domain.patients.origin import Origin
from domain.patients.patient import Patient


class ResolvedPerson(NamedTuple):
    """A row, the id of its patient, and what the log has under this id.

    ``origin`` is None for a new patient; ``withdrawn`` is a patient whose import was undone.
    """

    row: PersonRow
    patient_id: UUID
    is_erased: bool
    origin: Origin | None
    withdrawn: Patient | None


class PatientResolver:
    """Resolves rows by their ids."""

    def __init__(self, ports: ImportPorts, log: PracticeLog, identities: SourceIdentities) -> None:
        self._ports = ports
        self._log = log
        self._identities = identities
        self._erased = frozenset(ports.keys.erased_subjects(log.tenant_id))

    def resolve(self, rows: Sequence[PersonRow]) -> list[ResolvedPerson]:
        ids = [self._identities.patient(row.external_id, row.details) for row in rows]
        origins = self._ports.streams.origins(self._log.tenant_id, list(set(ids)))
        withdrawn_ids = [id_ for id_, origin in origins.items() if origin.is_withdrawn and id_ not in self._erased]
        withdrawn = self._log.load_all(Patient, withdrawn_ids) if withdrawn_ids else {}
        return [
            ResolvedPerson(row, id_, id_ in self._erased, origins.get(id_), withdrawn.get(id_))
            for row, id_ in zip(rows, ids, strict=True)
        ]


class _Entry(NamedTuple):
    patient_id: UUID
    born: int


class PersonIndex:
    """Finds persons by the details they share with a row.

    It holds hashes instead of details: some 60 bytes each, and no personal data in clear.
    """

    def __init__(self, directory: Directory, tenant_id: UUID) -> None:
        self._directory = directory
        self._same: dict[int, _Entry] = {}
        self._possible: dict[int, _Entry] = {}
        for patient_id, details in directory.everyone(tenant_id):
            self.add(patient_id, details)

    def add(self, patient_id: UUID, details: KnownDetails) -> None:
        """Add a person; of several persons with the same detail the first one is found."""
        entry = _Entry(patient_id, _born(details))
        for key in self._keys(details, comparable_name(self._directory, details)):
            self._same.setdefault(key, entry)
        for key in self._keys(details):
            self._possible.setdefault(key, entry)

    def same_person(self, patient_id: UUID, details: KnownDetails) -> UUID | None:
        """Return the same person under another id."""
        born = _born(details)
        for key in self._keys(details, comparable_name(self._directory, details)):
            found = self._same.get(key)
            if found and found.patient_id != patient_id and (not born or not found.born or born == found.born):
                return found.patient_id
        return None

    def possible_person(self, patient_id: UUID, details: KnownDetails) -> UUID | None:
        """Return somebody who may be the same person."""
        for key in self._keys(details):
            found = self._possible.get(key)
            if found and found.patient_id != patient_id:
                return found.patient_id
        return None

    def _keys(self, details: KnownDetails, name: str = "") -> Iterator[int]:
        born, email, phone = details.date_of_birth, details.email, details.phone
        if email is not None:
            yield hash(("email", name, email.casefold()))
        if phone is not None:
            yield hash(("phone", name, phone))
        if born is not None:
            yield hash(("born", name or " ".join(self._directory.words(details.family_name)), born))


def _born(details: KnownDetails) -> int:
    return details.date_of_birth.toordinal() if details.date_of_birth else 0
