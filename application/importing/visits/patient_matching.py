"""Whose visit a row is: the patient whom the same source brought under this id, or else the one whom the row can only mean.

Without an id that is known: of those who have the name, the one who shares the row's e-mail address or phone number; if nobody does, the
only one of the name, unless the row contradicts what is known of how to reach them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from application.importing.patients.identities import PatientIdentities
from application.importing.patients.ports import KnownDetails
from application.importing.patients.reading import PersonRow
from application.importing.rows import RowRefusedError
from application.importing.visits.ports import VisitPorts
from application.importing.visits.reading import VisitRow
from application.kernel.practice_log import PracticeLog
from domain.kernel.personal_data import Erased
from domain.patients.patient import Patient

_AT_ONCE: Final = 500


class _Known(NamedTuple):
    patient_id: UUID
    email: str | None
    phone: str | None


class PatientMatcher:
    """The patients of one practice, as an import meets them."""

    def __init__(self, ports: VisitPorts, log: PracticeLog, source: str) -> None:
        self._ports = ports
        self._log = log
        self._identities = PatientIdentities(log.tenant_id, source)
        self._erased = frozenset(ports.keys.erased_subjects(log.tenant_id))
        self._by_name: defaultdict[str, list[_Known]] | None = None

    def of(self, rows: Sequence[VisitRow]) -> Mapping[int, UUID | RowRefusedError]:
        """Return by its line whose visit each row is, or why nobody's."""
        found: dict[int, UUID | RowRefusedError] = {}
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first : first + _AT_ONCE]
            ids = {row.line: self._identities.patient(row.person) for row in some}
            known = self._ports.things.known(self._log.tenant_id, list(set(ids.values())))
            patients = self._log.load_all(Patient, list(known)) if known else {}
            for row in some:
                try:
                    found[row.line] = self._one(row.person, ids[row.line], patients.get(ids[row.line]))
                except RowRefusedError as refused:
                    found[row.line] = refused
        return found

    def _one(self, person: PersonRow, id_: UUID, patient: Patient | None) -> UUID:
        if id_ in self._erased:
            raise RowRefusedError("patient_erased")
        if patient is None:
            return self._named(person, "unknown_patient")
        if patient.merged_into is not None:
            return patient.merged_into
        if patient.is_withdrawn:
            return self._named(person, "patient_withdrawn")
        if not self._shares_a_name(person, patient):
            raise RowRefusedError("id_of_another_person")
        return id_

    def _named(self, person: PersonRow, otherwise: str) -> UUID:
        details = person.details
        known = self._index()[self._name_of(details)]
        reached = {
            one.patient_id
            for one in known
            if _same(one.email, _folded(details.email)) or _same(one.phone, details.phone)
        }
        if not reached:
            if any(_differs(one.email, _folded(details.email)) or _differs(one.phone, details.phone) for one in known):
                raise RowRefusedError(otherwise)
            reached = {one.patient_id for one in known}
        if len(reached) > 1:
            raise RowRefusedError("several_of_this_name")
        if not reached:
            raise RowRefusedError(otherwise)
        return reached.pop()

    def _index(self) -> defaultdict[str, list[_Known]]:
        """Everybody by name; read once, and only if somebody is not known by an id."""
        if self._by_name is None:
            self._by_name = defaultdict(list)
            for patient_id, details in self._ports.directory.everyone(self._log.tenant_id):
                known = _Known(patient_id, _folded(details.email), details.phone)
                self._by_name[self._name_of(details)].append(known)
        return self._by_name

    def _name_of(self, details: KnownDetails) -> str:
        words = self._ports.directory.words
        return f"{' '.join(words(details.given_name))}\n{' '.join(words(details.family_name))}"

    def _shares_a_name(self, person: PersonRow, patient: Patient) -> bool:
        """Whether a word of the row's name is one of the patient's: people change one of their names, hardly ever all of them."""
        words = self._ports.directory.words
        names = (patient.given_name, patient.family_name)
        own = {word for name in names if not isinstance(name, Erased) for word in words(name)}
        return not own.isdisjoint(words(f"{person.details.given_name} {person.details.family_name}"))


def _folded(email: str | None) -> str | None:
    return email.casefold() if email else None


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and one == other


def _differs(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
