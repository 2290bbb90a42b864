"""The ids of people: those of patients who were merged belong to one person."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from application.kernel.ports import PracticeReader
from domain.patients.standing import PatientRecord

Events: TypeAlias = Sequence[tuple[str, Mapping[str, Any]]]
"""Topics and unsealed bodies of a patient's events, in order."""


Families: TypeAlias = Mapping[UUID, Sequence[UUID]]
"""All ids of the person behind each patient id."""


def family_of(reader: PracticeReader, patient_id: UUID, events: Events) -> tuple[UUID, ...]:
    """Return all ids of the person, the survivor's first; reads only if the patient was merged."""
    record = PatientRecord.of(events)
    if record.merged_into is None:
        return (patient_id, *record.merged_ids)
    survivor = PatientRecord.of(reader.read_subjects([record.merged_into]).get(record.merged_into, ()))
    return (record.merged_into, *survivor.merged_ids)


def families_of(reader: PracticeReader, patient_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Return all ids of the person behind each patient id, in at most two round trips."""
    if not patient_ids:
        return {}
    events = reader.read_subjects(list(patient_ids))
    records = {id_: PatientRecord.of(events.get(id_, ())) for id_ in patient_ids}
    survivors = {record.merged_into for record in records.values() if record.merged_into is not None}
    if unread := sorted(survivors - records.keys()):
        found = reader.read_subjects(unread)
        records |= {id_: PatientRecord.of(found.get(id_, ())) for id_ in unread}
    heads = {id_: records[id_].merged_into or id_ for id_ in patient_ids}
    return {id_: (head, *records[head].merged_ids) for id_, head in heads.items()}
