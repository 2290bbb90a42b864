"""Find patients who may be the same person, with the tokens of the search."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from projections.engine.ports import Words
from projections.patients.directory.queries import PatientQueries
from projections.patients.directory.records import PatientRecord, PersonalDetails

_MAX_CANDIDATES: Final = 5_000
"""The most patients with the same last name that are compared."""
_LETTERS: Final = 6
"""Last names agree if their first letters do, as in the index; later typing errors are ignored."""


class DuplicateReason(StrEnum):
    """Why two records may be the same person."""

    EMAIL = "same_email"
    PHONE = "same_phone"
    NAME_AND_BIRTH = "same_last_name_and_date_of_birth"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another record that may be the same person."""

    patient: PatientRecord
    reasons: Sequence[DuplicateReason]


def duplicates_of(patients: PatientQueries, tenant_id: UUID, patient_id: UUID) -> list[Duplicate]:
    """Return possible duplicates, most reasons first; none if erased, withdrawn or merged."""
    patient = patients.patient(tenant_id, patient_id)
    if patient is None or patient.details is None or patient.is_withdrawn or patient.merged_into is not None:
        return []
    details = patient.details
    texts = [details.email, details.phone, details.last_name if details.date_of_birth else None]
    candidates = {
        other.patient_id: other
        for text in texts
        if text
        for other in patients.sharing(tenant_id, text, _MAX_CANDIDATES)
    }
    found = []
    for id_, other in candidates.items():
        if id_ != patient_id and other.details is not None:
            reasons = _reasons(patients.words, details, other.details)
            if reasons:
                found.append(Duplicate(other, reasons))
    return sorted(found, key=lambda one: (-len(one.reasons), one.patient.patient_id))


def _reasons(words: Words, one: PersonalDetails, other: PersonalDetails) -> list[DuplicateReason]:
    agree = {
        DuplicateReason.EMAIL: one.email is not None
        and other.email is not None
        and one.email.casefold() == other.email.casefold(),
        DuplicateReason.PHONE: one.phone is not None and one.phone == other.phone,
        DuplicateReason.NAME_AND_BIRTH: one.date_of_birth is not None
        and one.date_of_birth == other.date_of_birth
        and bool(_beginnings(words, one.last_name) & _beginnings(words, other.last_name)),
    }
    return [reason for reason in DuplicateReason if agree[reason]]


def _beginnings(words: Words, last_name: str) -> set[str]:
    parts = words(last_name)
    return {word[:_LETTERS] for word in (*parts, "".join(parts))}
