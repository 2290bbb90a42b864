"""Resolve the patient of each row: by the id that the same source imported, or else by name.

By name: of the patients with this name, the one who has the e-mail address or phone number of the
row. If there is none, the only patient with this name, unless the row contradicts that patient's
e-mail address or phone number.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from application.importing.patients.reader import PersonRow
from application.importing.pipeline import ImportRun
from application.importing.ports import comparable_name
from application.importing.report import RowRefusedError
from application.importing.visits.reader import VisitRow
from domain.kernel.personal_data import Erased
from domain.patients.patient import Patient

_QUERY_SIZE: Final = 500


class _Candidate(NamedTuple):
    patient_id: UUID
    email: str | None
    phone: str | None


class PatientResolver:
    """Resolves rows to the patients of one practice."""

    def __init__(self, run: ImportRun) -> None:
        self._run = run
        self._tenant_id = run.log.tenant_id
        self._directory = run.ports.directory
        self._erased = frozenset(run.ports.keys.erased_subjects(self._tenant_id))
        self._by_name: defaultdict[str, list[_Candidate]] | None = None

    def resolve(self, rows: Sequence[VisitRow]) -> Mapping[int, UUID | RowRefusedError]:
        """Return for each line the patient's id, or why there is none."""
        resolved: dict[int, UUID | RowRefusedError] = {}
        for first in range(0, len(rows), _QUERY_SIZE):
            batch = rows[first : first + _QUERY_SIZE]
            ids = {row.line: self._run.identities.patient(row.person.external_id, row.person.details) for row in batch}
            known = self._run.ports.streams.known(self._tenant_id, list(set(ids.values())))
            patients = self._run.log.load_all(Patient, list(known)) if known else {}
            for row in batch:
                id_ = ids[row.line]
                try:
                    resolved[row.line] = self._by_id(row.person, id_, patients.get(id_))
                except RowRefusedError as refused:
                    resolved[row.line] = refused
        return resolved

    def _by_id(self, person: PersonRow, id_: UUID, patient: Patient | None) -> UUID:
        if id_ in self._erased:
            raise RowRefusedError("patient_erased")
        if patient is None:
            return self._by_details(person, "unknown_patient")
        if patient.merged_into is not None:
            return patient.merged_into
        if patient.is_withdrawn:
            return self._by_details(person, "patient_withdrawn")
        if not self._share_a_name(person, patient):
            raise RowRefusedError("id_of_another_person")
        return id_

    def _by_details(self, person: PersonRow, reason: str) -> UUID:
        """Raises RowRefusedError: with ``reason``, nobody matches; else several patients match."""
        email, phone = _folded(person.details.email), person.details.phone
        candidates = self._candidates()[comparable_name(self._directory, person.details)]
        found = {one.patient_id for one in candidates if _same(one.email, email) or _same(one.phone, phone)}
        if not found and not any(_differs(one.email, email) or _differs(one.phone, phone) for one in candidates):
            found = {one.patient_id for one in candidates}
        if len(found) > 1:
            raise RowRefusedError("several_of_this_name")
        if not found:
            raise RowRefusedError(reason)
        return found.pop()

    def _candidates(self) -> defaultdict[str, list[_Candidate]]:
        """Return all patients by name; read once, when the first row has no known id."""
        if self._by_name is None:
            self._by_name = defaultdict(list)
            for patient_id, details in self._directory.everyone(self._tenant_id):
                candidate = _Candidate(patient_id, _folded(details.email), details.phone)
                self._by_name[comparable_name(self._directory, details)].append(candidate)
        return self._by_name

    def _share_a_name(self, person: PersonRow, patient: Patient) -> bool:
        """Return whether the names share a word: people rarely change all of their names."""
        words = self._directory.words
        names = (patient.given_name, patient.family_name)
        own = {word for name in names if not isinstance(name, Erased) for word in words(name)}
        return not own.isdisjoint(words(f"{person.details.given_name} {person.details.family_name}"))


def _folded(email: str | None) -> str | None:
    return email.casefold() if email else None


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and one == other


def _differs(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
