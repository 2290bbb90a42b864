"""Asks the patient directory: one person, many, or those whom a search text may mean."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from projections.engine.ports import PersonalReader, PersonIndex, TenantTransaction, Words
from projections.patients.directory.records import COLUMNS, PatientRecord, PersonalDetails, opened

_LOOKED_AT_ONCE: Final = 200
_READ_AT_ONCE: Final = 1000
_MOST_LOOKED_AT: Final = 2000
"""How many candidates one search opens; the next page goes on behind them."""


@dataclass(frozen=True, slots=True)
class PatientPage:
    """Patients in order of their registration; the next page begins behind the id ``after``, None on the last."""

    patients: Sequence[PatientRecord]
    after: UUID | None


class PatientQueries:
    def __init__(
        self, transaction: TenantTransaction, personal: PersonalReader, index: PersonIndex, words: Words
    ) -> None:
        self._transaction = transaction
        self._personal = personal
        self._index = index
        self._words = words

    def patient(self, tenant_id: UUID, patient_id: UUID) -> PatientRecord | None:
        """Return one patient, erased or not; None if there is none under this id."""
        return self.by_ids(tenant_id, [patient_id]).get(patient_id)

    def by_ids(self, tenant_id: UUID, patient_ids: Iterable[UUID]) -> Mapping[UUID, PatientRecord]:
        """Return patients by their ids, erased, merged away or not; unknown ones are missing."""
        return {one.patient_id: one for one in self._select(tenant_id, "patient_id = any (%s)", [list(patient_ids)])}

    def standing_for(self, tenant_id: UUID, patient_ids: Collection[UUID]) -> Mapping[UUID, PatientRecord]:
        """Return, by each id, the person now: the survivor of a merge with the merged, or the patient."""
        ids = list(patient_ids)
        found = {one.patient_id: one for one in self._select(tenant_id, _FAMILY, [ids, ids])}
        if survivors := [one.merged_into for one in found.values() if one.merged_into and one.merged_into not in found]:
            others = self._select(tenant_id, _FAMILY, [survivors, survivors])
            found |= {one.patient_id: one for one in others}
        whole = self._whole(found.values())
        return {
            id_: whole[found[id_].merged_into or id_]
            for id_ in ids
            if id_ in found and (found[id_].merged_into or id_) in whole
        }

    def page(self, tenant_id: UUID, *, after: UUID | None = None, limit: int = 100) -> PatientPage:
        """Return up to ``limit`` patients behind an id, without those who were erased, withdrawn or merged away."""
        rows = self._behind(tenant_id, _STANDING, [], after, limit + 1)
        patients = self._with_merged(tenant_id, rows[:limit])
        return PatientPage(patients, patients[-1].patient_id if len(rows) > limit else None)

    def search(self, tenant_id: UUID, text: str, *, after: UUID | None = None, limit: int = 100) -> PatientPage:
        """Return those whom a text may mean: a whole e-mail address, a phone number, or beginnings of names.

        A last name must be among the names; a contact's name, address or number finds the patient too, and whatever was known of a
        patient who was merged finds the survivor. A page may hold fewer than ``limit`` and yet not be the last.
        """
        tokens = list(self._index.search_tokens(tenant_id, text))
        sought = self._words(text) if "@" not in text and any(sign.isalpha() for sign in text) else ()
        found: list[PatientRecord] = []
        looked_at = 0
        while tokens and looked_at < _MOST_LOOKED_AT:
            rows = self._behind(tenant_id, _FOUND_BY, [tenant_id, tokens], after, _LOOKED_AT_ONCE)
            for patient in self._with_merged(tenant_id, rows):
                if self._is_meant(sought, patient):
                    if len(found) == limit:
                        return PatientPage(found, found[-1].patient_id)
                    found.append(patient)
            if len(rows) < _LOOKED_AT_ONCE:
                return PatientPage(found, None)
            after = rows[-1].patient_id
            looked_at += len(rows)
        return PatientPage(found, after if tokens else None)

    def sharing(self, tenant_id: UUID, text: str, most: int) -> Iterator[PatientRecord]:
        """Yield up to ``most`` patients who have as their own what a search text looks up, neither erased, withdrawn nor merged away."""
        tokens, after = list(self._index.search_tokens(tenant_id, text)), None
        for _ in range(0, most if tokens else 0, _LOOKED_AT_ONCE):
            rows = self._behind(tenant_id, _SHARED_BY, [tenant_id, tokens], after, _LOOKED_AT_ONCE)
            yield from rows
            if len(rows) < _LOOKED_AT_ONCE:
                return
            after = rows[-1].patient_id

    def everyone(self, tenant_id: UUID) -> Iterator[tuple[UUID, PersonalDetails]]:
        """Yield every patient who was not merged away with their details, and once more for each merged into them."""
        after: UUID | None = None
        while True:
            page = self.page(tenant_id, after=after, limit=_READ_AT_ONCE)
            for patient in page.patients:
                for one in (patient, *patient.merged):
                    if one.details is not None:
                        yield patient.patient_id, one.details
            if page.after is None:
                return
            after = page.after

    def words(self, name: str) -> Sequence[str]:
        """Return the words of a name as they are compared."""
        return self._words(name)

    def _is_meant(self, sought: Sequence[str], patient: PatientRecord) -> bool:
        """Whether each word sought begins a name of the patient, of one merged into them, or of a contact: all of one person.

        The index looks at six signs only.
        """
        if patient.details is None:
            return False
        persons = [
            (one.details.given_name, one.details.family_name) for one in (patient, *patient.merged) if one.details
        ]
        persons += [("", contact.name) for one in (patient, *patient.merged) for contact in one.contacts]
        return any(self._begins(sought, *person) for person in persons)

    def _begins(self, sought: Sequence[str], given_name: str, family_name: str) -> bool:
        family = self._words(family_name)
        names = {*family, "".join(family), *self._words(given_name)}
        return all(any(name.startswith(word) for name in names) for word in sought)

    def _with_merged(self, tenant_id: UUID, patients: Sequence[PatientRecord]) -> Sequence[PatientRecord]:
        """Give each patient those who were merged into them."""
        ids = [one.patient_id for one in patients]
        merged = self._select(tenant_id, "merged_into = any (%s)", [ids]) if ids else ()
        whole = self._whole([*patients, *merged])
        return [whole[id_] for id_ in ids]

    @staticmethod
    def _whole(patients: Iterable[PatientRecord]) -> dict[UUID, PatientRecord]:
        """Return those who were not merged away, each with the merged among these."""
        merged: defaultdict[UUID, list[PatientRecord]] = defaultdict(list)
        alone: list[PatientRecord] = []
        for one in sorted(patients, key=lambda one: one.patient_id):
            (merged[one.merged_into] if one.merged_into else alone).append(one)
        return {one.patient_id: replace(one, merged=tuple(merged[one.patient_id])) for one in alone}

    def _behind(
        self, tenant_id: UUID, condition: str, values: Sequence[object], after: UUID | None, limit: int
    ) -> Sequence[PatientRecord]:
        if after is not None:
            condition, values = f"{condition} and patient_id > %s", [*values, after]
        return self._select(tenant_id, f"{condition} order by patient_id limit %s", [*values, limit])

    def _select(self, tenant_id: UUID, condition: str, values: Sequence[Any]) -> Sequence[PatientRecord]:
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                f"select {COLUMNS} from patients.patient where tenant_id = %s and {condition}",  # noqa: S608  constants only
                (tenant_id, *values),
                binary=True,
            ).fetchall()
        return opened(self._personal, tenant_id, rows)


_STANDING: Final = "not is_erased and not is_withdrawn and merged_into is null"
_FAMILY: Final = "(patient_id = any (%s) or merged_into = any (%s))"
_FOUND_BY: Final = (
    "not is_erased and not is_withdrawn and patient_id in ("
    "select coalesce(m.merged_into, m.patient_id) from patients.search_term s"
    " join patients.patient m on m.tenant_id = s.tenant_id and m.patient_id = s.patient_id"
    " where s.tenant_id = %s and s.token = any (%s))"
)
_SHARED_BY: Final = (
    "not is_erased and not is_withdrawn and merged_into is null and patient_id in ("
    "select s.patient_id from patients.search_term s where s.tenant_id = %s and s.token = any (%s) and not s.of_contact)"
)
