"""Reads the standing of a patient."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from application.kernel.ports import PracticeReader
from domain.patients.standing import UNKNOWN, PatientRecord, PatientStanding


def patient_standing(reader: PracticeReader, patient_id: UUID) -> PatientStanding:
    """Return the standing of a patient; ``UNKNOWN`` if there is none."""
    return standing_from(reader, patient_id, reader.read_subjects([patient_id]).get(patient_id, ()))


def standing_from(
    reader: PracticeReader, patient_id: UUID, events: Sequence[tuple[str, Mapping[str, Any]]]
) -> PatientStanding:
    """Return the standing that follows from a patient's events; reads those of merged patients.

    A merged patient has the survivor's zone and alerts. Alerts of merged patients still count: they
    may be about an allergy.
    """
    record = PatientRecord.of(events)
    if record.merged_into is not None:
        survivor = patient_standing(reader, record.merged_into)
        return PatientStanding(survivor.zone, record.merged_into, survivor.alerted)
    if not events:
        return UNKNOWN
    merged = reader.read_subjects(record.merged_ids) if record.merged_ids else {}
    alerted = [patient_id] if record.has_alert else []
    alerted += [id_ for id_ in record.merged_ids if PatientRecord.of(merged.get(id_, ())).has_alert]
    return PatientStanding(record.zone, None, tuple(alerted), record.is_withdrawn)
