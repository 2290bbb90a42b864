"""Who of a file is somebody whom the practice knows.

The same person: the same given and family name, and also the same date of birth, e-mail address or phone number; two who were born on
different days never are. Perhaps the same person, which people decide: the same e-mail address, the same phone number, or the same
family name and date of birth.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from application.importing.patients.ports import Directory, KnownDetails


class _Known(NamedTuple):
    patient_id: UUID
    born: int


class KnownPeople:
    """Everybody whom rows are compared with, by numbers that stand for what they share: some 60 bytes each, and nothing in clear."""

    def __init__(self, directory: Directory, tenant_id: UUID) -> None:
        self._directory = directory
        self._sure: dict[int, _Known] = {}
        self._perhaps: dict[int, _Known] = {}
        for patient_id, details in directory.everyone(tenant_id):
            self.add(patient_id, details)

    def add(self, patient_id: UUID, details: KnownDetails) -> None:
        """Know one more person; of several who share something the first is found."""
        known = _Known(patient_id, _born(details))
        for number in self._numbers(details, is_sure=True):
            self._sure.setdefault(number, known)
        for number in self._numbers(details, is_sure=False):
            self._perhaps.setdefault(number, known)

    def same(self, patient_id: UUID, details: KnownDetails) -> UUID | None:
        """Return who surely is the same person under another id."""
        return self._other(patient_id, details, self._sure, self._numbers(details, is_sure=True))

    def perhaps(self, patient_id: UUID, details: KnownDetails) -> UUID | None:
        """Return somebody who may be the same person."""
        numbers = self._numbers(details, is_sure=False)
        return next(
            (known.patient_id for known in _found(self._perhaps, numbers) if known.patient_id != patient_id), None
        )

    def name_of(self, details: KnownDetails) -> str:
        """Return a name as names are compared."""
        words = self._directory.words
        return f"{' '.join(words(details.given_name))}\n{' '.join(words(details.family_name))}"

    @staticmethod
    def _other(
        patient_id: UUID, details: KnownDetails, among: dict[int, _Known], numbers: Iterable[int]
    ) -> UUID | None:
        born = _born(details)
        for known in _found(among, numbers):
            if known.patient_id != patient_id and (not born or not known.born or born == known.born):
                return known.patient_id
        return None

    def _numbers(self, details: KnownDetails, *, is_sure: bool) -> Iterator[int]:
        born, email, phone = details.date_of_birth, details.email, details.phone
        name = self.name_of(details) if is_sure else ""
        if email is not None:
            yield hash(("email", name, email.casefold()))
        if phone is not None:
            yield hash(("phone", name, phone))
        if born is not None:
            yield hash(("born", name or " ".join(self._directory.words(details.family_name)), born))


def _found(among: dict[int, _Known], numbers: Iterable[int]) -> Iterator[_Known]:
    return (known for number in numbers if (known := among.get(number)))


def _born(details: KnownDetails) -> int:
    return details.date_of_birth.toordinal() if details.date_of_birth else 0
