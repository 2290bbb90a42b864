"""Patients as the directory tells of them, opened from what it keeps sealed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from domain.kernel.personal_data import Erased
from domain.patients.patient import Patient
from projections.engine.ports import PersonalReader, SealedPart

COLUMNS: Final = (
    "patient_id, sealed_version, sealed_type, sealed, contacts_version, contacts, remarks_version, remarks, zone, locale, merged_into,"
    " is_erased, is_withdrawn, registered_at, version, position"
)


class PersonalDetails(msgspec.Struct, frozen=True):
    """What is known of a person, in clear."""

    given_name: str
    family_name: str
    email: str | None
    phone: str | None
    date_of_birth: date | None
    tags: tuple[str, ...]


class ContactDetails(msgspec.Struct, frozen=True):
    """One of a patient's contacts, as far as it is searched by."""

    name: str
    phone: str | None
    email: str | None


class Remarks(msgspec.Struct, frozen=True):
    """What staff note about a patient."""

    notes: str | None = None
    alert: str | None = None


class _Contacts(msgspec.Struct, frozen=True):
    contacts: tuple[ContactDetails, ...]


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """One patient; ``details`` is None once they were erased or their key is gone.

    ``merged_into`` is the survivor, ``merged`` are those merged into them, where they were requested.
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
    merged: "tuple[PatientRecord, ...]" = field(default=())

    @property
    def name(self) -> tuple[str, str] | None:
        """The given name and the family name, if they may be known."""
        return (self.details.given_name, self.details.family_name) if self.details else None

    @property
    def alerts(self) -> tuple[str, ...]:
        """All alerts of the person, those of merged patients too: one may be about an allergy."""
        return tuple(one.remarks.alert for one in (self, *self.merged) if one.remarks.alert)


def opened(personal: PersonalReader, tenant_id: UUID, rows: Sequence[tuple[Any, ...]]) -> list[PatientRecord]:
    """Return the patients of rows of COLUMNS, in their order."""
    details = _parts(personal, tenant_id, [(row[0], row[1], row[2], row[3]) for row in rows])
    contacts = _parts(personal, tenant_id, [(row[0], row[4], Patient.ContactsSet.TOPIC, row[5]) for row in rows])
    remarks = _parts(personal, tenant_id, [(row[0], row[6], Patient.RemarksChanged.TOPIC, row[7]) for row in rows])
    patients = []
    for patient_id, *_, zone, locale, merged_into, is_erased, is_withdrawn, registered_at, version, position in rows:
        known, listed, noted = details.get(patient_id), contacts.get(patient_id), remarks.get(patient_id)
        patients.append(
            PatientRecord(
                patient_id,
                None if known is None else msgspec.convert(known, PersonalDetails),
                () if listed is None else msgspec.convert(listed, _Contacts).contacts,
                Remarks() if noted is None else msgspec.convert(noted, Remarks),
                zone,
                locale,
                merged_into,
                is_erased,
                is_withdrawn,
                registered_at.astimezone(UTC),
                version,
                position,
            )
        )
    return patients


def _parts(
    personal: PersonalReader, tenant_id: UUID, kept: Sequence[tuple[UUID, int, str, bytes | None]]
) -> dict[UUID, object]:
    """Open what is there, by patient; what was erased is missing."""
    parts = [SealedPart(id_, version, topic, sealed) for id_, version, topic, sealed in kept if sealed is not None]
    if not parts:
        return {}
    bodies = personal.open_parts(tenant_id, parts)
    return {part.stream_id: body for part, body in zip(parts, bodies, strict=True) if not isinstance(body, Erased)}
