"""Asks the patient directory: one person, many, or those whom a search text may mean."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from domain.personal import Erased
from projections.ports import PersonalReader, PersonIndex, SealedPart, TenantTransaction, Words

_COLUMNS: Final = (
    "patient_id, sealed_version, sealed_type, sealed, zone, locale, is_erased, registered_at, version, position"
)
_LOOKED_AT_ONCE: Final = 200
_MOST_LOOKED_AT: Final = 2000
"""How many candidates one search opens; the next page goes on behind them."""


class PersonalDetails(msgspec.Struct, frozen=True):
    """What is known of a person, in clear."""

    given_name: str
    family_name: str
    email: str | None
    phone: str | None
    date_of_birth: date | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """One patient; ``details`` is None once they were erased or their key is gone."""

    patient_id: UUID
    details: PersonalDetails | None
    zone: str | None
    locale: str | None
    is_erased: bool
    registered_at: datetime
    version: int
    position: int


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
        """Return patients by their ids, erased or not; unknown ones are missing."""
        rows = self._select(tenant_id, "patient_id = any (%s)", [list(patient_ids)])
        return {patient.patient_id: patient for patient in self._opened(tenant_id, rows)}

    def page(self, tenant_id: UUID, *, after: UUID | None = None, limit: int = 100) -> PatientPage:
        """Return up to ``limit`` patients behind an id, without those who were erased."""
        rows = self._behind(tenant_id, "not is_erased", [], after, limit + 1)
        is_last = len(rows) <= limit
        return PatientPage(self._opened(tenant_id, rows[:limit]), None if is_last else rows[limit - 1][0])

    def search(self, tenant_id: UUID, text: str, *, after: UUID | None = None, limit: int = 100) -> PatientPage:
        """Return those whom a text may mean: a whole e-mail address, a phone number, or beginnings of names.

        A last name must be among the names. A page may hold fewer than ``limit`` and yet not be the last.
        """
        tokens = list(self._index.search_tokens(tenant_id, text))
        sought = self._words(text) if "@" not in text and any(sign.isalpha() for sign in text) else ()
        found: list[PatientRecord] = []
        looked_at = 0
        while tokens and looked_at < _MOST_LOOKED_AT:
            rows = self._behind(tenant_id, _FOUND_BY, [tenant_id, tokens], after, _LOOKED_AT_ONCE)
            for patient in self._opened(tenant_id, rows):
                if self._is_meant(sought, patient):
                    if len(found) == limit:
                        return PatientPage(found, found[-1].patient_id)
                    found.append(patient)
            if len(rows) < _LOOKED_AT_ONCE:
                return PatientPage(found, None)
            after = rows[-1][0]
            looked_at += len(rows)
        return PatientPage(found, after if tokens else None)

    def _is_meant(self, sought: Sequence[str], patient: PatientRecord) -> bool:
        """Whether each word sought begins one of the patient's names; the index looks at six signs only."""
        if patient.details is None:
            return False
        family = self._words(patient.details.family_name)
        names = {*family, "".join(family), *self._words(patient.details.given_name)}
        return all(any(name.startswith(word) for name in names) for word in sought)

    def _behind(
        self, tenant_id: UUID, condition: str, values: Sequence[object], after: UUID | None, limit: int
    ) -> list[tuple[Any, ...]]:
        if after is not None:
            condition, values = f"{condition} and patient_id > %s", [*values, after]
        return self._select(tenant_id, f"{condition} order by patient_id limit %s", [*values, limit])

    def _select(self, tenant_id: UUID, condition: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._transaction(tenant_id) as cursor:
            return cursor.execute(
                f"select {_COLUMNS} from patients.patient where tenant_id = %s and {condition}",  # noqa: S608  constants only
                (tenant_id, *values),
                binary=True,
            ).fetchall()

    def _opened(self, tenant_id: UUID, rows: Sequence[tuple[Any, ...]]) -> list[PatientRecord]:
        sealed = [row for row in rows if row[3] is not None]
        parts = [SealedPart(row[0], row[1], row[2], row[3]) for row in sealed]
        known = {row[0]: part for row, part in zip(sealed, self._personal.open_parts(tenant_id, parts), strict=True)}
        patients = []
        for patient_id, _, _, _, zone, locale, is_erased, registered_at, version, position in rows:
            body = known.get(patient_id)
            details = None if body is None or isinstance(body, Erased) else msgspec.convert(body, PersonalDetails)
            patients.append(
                PatientRecord(
                    patient_id, details, zone, locale, is_erased, registered_at.astimezone(UTC), version, position
                )
            )
        return patients


_FOUND_BY: Final = (
    "patient_id in (select s.patient_id from patients.search_term s where s.tenant_id = %s and s.token = any (%s))"
)
