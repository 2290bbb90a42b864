"""Find patients of the practice by the details that they share with a row.

The same person: the same given and family name, and also the same date of birth, e-mail address or
phone number; two persons with different dates of birth are never the same. Possibly the same
person, for people to decide: the same e-mail address, the same phone number, or the same family
name and date of birth.
"""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from application.importing.ports import Directory, KnownDetails, comparable_name


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
        self._own: set[int] = set()
        for patient_id, details in directory.everyone(tenant_id):
            self.add(patient_id, details)

    def add(self, patient_id: UUID, details: KnownDetails) -> None:
        """Add a person; of several persons with the same detail the first one is found."""
        entry = _Entry(patient_id, _born(details))
        for key in self._keys(details, comparable_name(self._directory, details)):
            self._same.setdefault(key, entry)
        for key in self._keys(details):
            self._possible.setdefault(key, entry)
        self._own.update(key for _, key in _details(patient_id, details))

    def same_person(self, patient_id: UUID, details: KnownDetails) -> UUID | None:
        """Return the same person under another id."""
        born = _born(details)
        for key in self._keys(details, comparable_name(self._directory, details)):
            found = self._same.get(key)
            if found and found.patient_id != patient_id and (not born or not found.born or born == found.born):
                return found.patient_id
        return None

    def differs(self, patient_id: UUID, details: KnownDetails) -> list[str]:
        """Return which of ``email`` and ``phone`` of a row the patient does not have."""
        return [name for name, key in _details(patient_id, details) if key not in self._own]

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
            last_name = details.family_name or details.given_name
            yield hash(("born", name or " ".join(self._directory.words(last_name)), born))


def _details(patient_id: UUID, details: KnownDetails) -> Iterator[tuple[str, int]]:
    if details.email is not None:
        yield "email", hash((patient_id, "email", details.email.casefold()))
    if details.phone is not None:
        yield "phone", hash((patient_id, "phone", details.phone))


def _born(details: KnownDetails) -> int:
    return details.date_of_birth.toordinal() if details.date_of_birth else 0
