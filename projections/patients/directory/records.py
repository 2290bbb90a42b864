"""Patients of the directory, opened from their sealed parts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from domain.kernel.personal_data import Damaged, Erased, Fault, Unreadable
from domain.patients.patient import Patient
from projections.engine.ports import PersonalReader, SealedPart

COLUMNS: Final = (
    "patient_id, sealed_version, sealed_type, sealed, contacts_version, contacts, remarks_version, remarks, zone, locale, merged_into,"
    " is_erased, is_withdrawn, registered_at, version, position"
)


class PersonalDetails(msgspec.Struct, frozen=True):
    """A patient's personal details, decrypted. A name that the person does not have is empty."""

    given_name: str
    family_name: str
    email: str | None
    phone: str | None
    date_of_birth: date | None
    tags: tuple[str, ...]

    @property
    def last_name(self) -> str:
        """The family name, or the person's only name."""
        return self.family_name or self.given_name


class ContactDetails(msgspec.Struct, frozen=True):
    """The searchable fields of a patient's contact."""

    name: str
    phone: str | None
    email: str | None


class Remarks(msgspec.Struct, frozen=True):
    """Staff notes about a patient."""

    notes: str | None = None
    alert: str | None = None


class _Contacts(msgspec.Struct, frozen=True):
    contacts: tuple[ContactDetails, ...]


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """A patient; ``details`` is None once they were erased, or if ``damaged``.

    ``is_erased`` also if only the ledger of erasures knows it: the log was restored from a backup.
    ``merged_into`` is the survivor; ``merged`` are the patients merged into this one, if requested.
    """

    patient_id: UUID
    details: PersonalDetails | None
    contacts: tuple[ContactDetails, ...]
    remarks: Remarks
    zone: str | None
    locale: str | None
    merged_into: UUID | None
    is_erased: bool
    is_withdrawn: bool
    registered_at: datetime
    version: int
    position: int
    damaged: Fault | None = None
    merged: "tuple[PatientRecord, ...]" = field(default=())

    @property
    def name(self) -> tuple[str, str] | None:
        """The given name and the family name; None if the patient was erased."""
        return (self.details.given_name, self.details.family_name) if self.details else None

    @property
    def alerts(self) -> tuple[str, ...]:
        """The alerts of the patient and of those merged into them: one may be about an allergy."""
        return tuple(one.remarks.alert for one in (self, *self.merged) if one.remarks.alert)


def opened(personal: PersonalReader, tenant_id: UUID, rows: Sequence[tuple[Any, ...]]) -> list[PatientRecord]:
    """Return the patients of rows of COLUMNS, in their order."""
    details = _parts(personal, tenant_id, [(row[0], row[1], row[2], row[3]) for row in rows])
    contacts = _parts(personal, tenant_id, [(row[0], row[4], Patient.ContactsSet.TOPIC, row[5]) for row in rows])
    remarks = _parts(personal, tenant_id, [(row[0], row[6], Patient.RemarksChanged.TOPIC, row[7]) for row in rows])
    patients = []
    for patient_id, *_, zone, locale, merged_into, is_erased, is_withdrawn, registered_at, version, position in rows:
        parts = [found[patient_id] for found in (details, contacts, remarks) if patient_id in found]
        detail, contact, remark = (_read(found.get(patient_id)) for found in (details, contacts, remarks))
        patients.append(
            PatientRecord(
                patient_id,
                None if detail is None else msgspec.convert(detail, PersonalDetails),
                () if contact is None else msgspec.convert(contact, _Contacts).contacts,
                Remarks() if remark is None else msgspec.convert(remark, Remarks),
                zone,
                locale,
                merged_into,
                is_erased or any(isinstance(part, Erased) for part in parts),
                is_withdrawn,
                registered_at.astimezone(UTC),
                version,
                position,
                next((part.fault for part in parts if isinstance(part, Damaged)), None),
            )
        )
    return patients


def _parts(
    personal: PersonalReader, tenant_id: UUID, sealed_parts: Sequence[tuple[UUID, int, str, bytes | None]]
) -> dict[UUID, object]:
    """Return opened parts by patient."""
    parts = [
        SealedPart(id_, version, topic, sealed) for id_, version, topic, sealed in sealed_parts if sealed is not None
    ]
    if not parts:
        return {}
    bodies = personal.open_parts(tenant_id, parts)
    return {part.stream_id: body for part, body in zip(parts, bodies, strict=True)}


def _read(part: object) -> object:
    return None if isinstance(part, Unreadable) else part
