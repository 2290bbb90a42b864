"""Query the patient directory: by id, page by page, or by a search text."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from projections.engine.ports import PersonalReader, PersonIndex, TenantTransaction, Words
from projections.patients.directory.records import COLUMNS, PatientRecord, PersonalDetails, opened

_CANDIDATES_PER_READ: Final = 200
_MAX_CANDIDATES: Final = 2000
"""The most candidates that one search opens; the next page goes on after them."""
_PATIENTS_PER_READ: Final = 1000

_LISTED: Final = "not is_erased and not is_withdrawn and merged_into is null"
_FAMILY: Final = "(patient_id = any (%s) or merged_into = any (%s))"
_FOUND_BY: Final = (
    "not is_erased and not is_withdrawn and patient_id in ("
    "select coalesce(m.merged_into, m.patient_id) from patients.search_term s"
    " join patients.patient m on m.tenant_id = s.tenant_id and m.patient_id = s.patient_id"
    " where s.tenant_id = %s and s.token = any (%s))"
)
_SHARED_BY: Final = (
    f"{_LISTED} and patient_id in ("  # noqa: S608  constants only
    "select s.patient_id from patients.search_term s where s.tenant_id = %s and s.token = any (%s) and not s.of_contact)"
)


@dataclass(frozen=True, slots=True)
class PatientPage:
    """Patients, oldest first; the next page begins after the id ``after``, None on the last."""

    patients: Sequence[PatientRecord]
    after: UUID | None


class PatientQueries:
    def __init__(
        self, transaction: TenantTransaction, personal: PersonalReader, index: PersonIndex, words: Words
    ) -> None:
        self._transaction = transaction
        self._personal = personal
        self._index = index
        self.words: Final = words

    def patient(self, tenant_id: UUID, patient_id: UUID) -> PatientRecord | None:
        """Return one patient, erased or not; None if there is none with this id."""
        return self.by_ids(tenant_id, [patient_id]).get(patient_id)

    def by_ids(self, tenant_id: UUID, patient_ids: Iterable[UUID]) -> Mapping[UUID, PatientRecord]:
        """Return patients by id, including erased and merged ones; unknown ids are missing."""
        return {one.patient_id: one for one in self._select(tenant_id, "patient_id = any (%s)", [list(patient_ids)])}

    def survivors_of(self, tenant_id: UUID, patient_ids: Collection[UUID]) -> Mapping[UUID, PatientRecord]:
        """Return, by each id, the survivor of its merge with the merged, or the patient."""
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
        """Return a page of the patients who are neither erased, withdrawn nor merged.

        It may hold fewer than ``limit`` and yet not be the last, if only the ledger of erasures
        knows that some were erased.
        """
        rows = self._page_of(tenant_id, _LISTED, [], after, limit + 1)
        patients = self._with_merged(tenant_id, [one for one in rows[:limit] if not one.is_erased])
        return PatientPage(patients, rows[limit - 1].patient_id if len(rows) > limit else None)

    def search(self, tenant_id: UUID, text: str, *, after: UUID | None = None, limit: int = 100) -> PatientPage:
        """Return patients by a whole e-mail address, a phone number, or beginnings of names.

        One of the names must be a last name. A contact's name, address or number finds the patient
        too, and details of a merged patient find the survivor. A page may hold fewer than ``limit``
        patients and yet not be the last.
        """
        tokens = list(self._index.search_tokens(tenant_id, text))
        wanted = self.words(text) if "@" not in text and any(sign.isalpha() for sign in text) else ()
        found: list[PatientRecord] = []
        candidates = 0
        while tokens and candidates < _MAX_CANDIDATES:
            rows = self._page_of(tenant_id, _FOUND_BY, [tenant_id, tokens], after, _CANDIDATES_PER_READ)
            for patient in self._with_merged(tenant_id, rows):
                if self._matches(wanted, patient):
                    if len(found) == limit:
                        return PatientPage(found, found[-1].patient_id)
                    found.append(patient)
            if len(rows) < _CANDIDATES_PER_READ:
                return PatientPage(found, None)
            after = rows[-1].patient_id
            candidates += len(rows)
        return PatientPage(found, after if tokens else None)

    def sharing(self, tenant_id: UUID, text: str, most: int) -> Iterator[PatientRecord]:
        """Yield up to ``most`` listed patients whose own details match a search text."""
        tokens, after = list(self._index.search_tokens(tenant_id, text)), None
        for _ in range(0, most if tokens else 0, _CANDIDATES_PER_READ):
            rows = self._page_of(tenant_id, _SHARED_BY, [tenant_id, tokens], after, _CANDIDATES_PER_READ)
            yield from rows
            if len(rows) < _CANDIDATES_PER_READ:
                return
            after = rows[-1].patient_id

    def everyone(self, tenant_id: UUID) -> Iterator[tuple[UUID, PersonalDetails]]:
        """Yield each patient's id with the details of the patient and of each merged one."""
        after: UUID | None = None
        while True:
            page = self.page(tenant_id, after=after, limit=_PATIENTS_PER_READ)
            for patient in page.patients:
                for one in (patient, *patient.merged):
                    if one.details is not None:
                        yield patient.patient_id, one.details
            if page.after is None:
                return
            after = page.after

    def erased_among(self, tenant_id: UUID, patient_ids: Collection[UUID]) -> Collection[UUID]:
        """Return those of these patients who were erased."""
        if not patient_ids:
            return frozenset()
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                "select patient_id from patients.patient where tenant_id = %s and patient_id = any (%s) and is_erased",
                (tenant_id, list(patient_ids)),
            ).fetchall()
        return frozenset(id_ for (id_,) in rows)

    def _matches(self, wanted: Sequence[str], patient: PatientRecord) -> bool:
        """Return whether the words begin names of one person: the patient, a merged one, a contact.

        The index knows only the first six letters of a name.
        """
        if patient.details is None:
            # Names that cannot be read match no words; a whole address or number is in the index.
            return patient.damaged is not None and not wanted
        persons = [
            (one.details.given_name, one.details.family_name) for one in (patient, *patient.merged) if one.details
        ]
        persons += [("", contact.name) for one in (patient, *patient.merged) for contact in one.contacts]
        return any(self._begin_names(wanted, *person) for person in persons)

    def _begin_names(self, wanted: Sequence[str], given_name: str, family_name: str) -> bool:
        family = self.words(family_name)
        names = {*family, "".join(family), *self.words(given_name)}
        return all(any(name.startswith(word) for name in names) for word in wanted)

    def _with_merged(self, tenant_id: UUID, patients: Sequence[PatientRecord]) -> Sequence[PatientRecord]:
        """Return each patient with those merged into them."""
        ids = [one.patient_id for one in patients]
        merged = self._select(tenant_id, "merged_into = any (%s)", [ids]) if ids else ()
        whole = self._whole([*patients, *merged])
        return [whole[id_] for id_ in ids]

    @staticmethod
    def _whole(patients: Iterable[PatientRecord]) -> dict[UUID, PatientRecord]:
        """Return the patients who are not merged, each with those of these merged into them."""
        merged: defaultdict[UUID, list[PatientRecord]] = defaultdict(list)
        survivors: list[PatientRecord] = []
        for one in sorted(patients, key=lambda one: one.patient_id):
            (merged[one.merged_into] if one.merged_into else survivors).append(one)
        return {one.patient_id: replace(one, merged=tuple(merged[one.patient_id])) for one in survivors}

    def _page_of(
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
