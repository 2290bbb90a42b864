"""Presenters of patients, their contacts and consents."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from api.http.calls import Call
from api.patients.schemas import PatientShown
from application.kernel.permissions import Permission
from domain.kernel.personal_data import Damaged, Erased
from domain.patients.consents import Consents, Decision
from domain.patients.patient import Patient
from projections.patients.directory.records import PatientRecord

_PERSONAL: Final = ("given_name", "family_name", "email", "phone", "date_of_birth")


def present_patient(call: Call, patient: Patient) -> dict[str, object]:
    # In a read of the past, the patient may have been erased since.
    is_erased = patient.is_erased or isinstance(patient.given_name, Erased)
    parts: tuple[object, ...] = (patient.given_name, patient.notes)
    fault = next((part.fault for part in parts if isinstance(part, Damaged)), None)
    reads_remarks = call.actor.may(Permission.READ_REMARKS) and not is_erased
    # ERASED and Damaged are false, like None; ``erased`` and ``damaged`` say why it is missing.
    personal = {name: None if is_erased else getattr(patient, name) or None for name in _PERSONAL}
    return PatientShown.present(
        patient,
        erased=is_erased,
        damaged=fault,
        withdrawn=patient.is_withdrawn,
        merged_ids=sorted(patient.merged_ids),
        tags=[] if is_erased else patient.tags or [],
        notes=(patient.notes or None) if reads_remarks else None,
        alert=(patient.alert or None) if reads_remarks else None,
        **personal,
    )


def present_patient_record(call: Call, patient: PatientRecord) -> dict[str, object]:
    reads_remarks = call.actor.may(Permission.READ_REMARKS)
    return PatientShown.present(
        patient,
        id=patient.patient_id,
        version=patient.version,
        erased=patient.is_erased,
        withdrawn=patient.is_withdrawn,
        merged_ids=[one.patient_id for one in patient.merged],
        tags=patient.details.tags if patient.details else (),
        notes=patient.remarks.notes if reads_remarks else None,
        alert=patient.remarks.alert if reads_remarks else None,
        **{name: getattr(patient.details, name, None) or None for name in _PERSONAL},
    )


def present_contacts(patient: Patient) -> dict[str, object]:
    return {"contacts": [contact.fields() for contact in patient.contacts]}


def present_consents(consents: Consents) -> dict[str, object]:
    return {"id": consents.patient_id, "version": consents.version, **present_decisions([consents])}


def present_decisions(consents: Sequence[Consents]) -> dict[str, object]:
    """Present the decisions of one person: the latest of each kind, and all."""
    history = sorted(
        ((each.patient_id, decision) for each in consents for decision in each.history),
        key=lambda pair: pair[1]["decided_at"],
    )
    latest = {decision["kind"]: (patient_id, decision) for patient_id, decision in history}
    return {
        "consents": [_decision(*latest[kind]) for kind in sorted(latest)],
        "history": [_decision(patient_id, decision) for patient_id, decision in history],
    }


def _decision(patient_id: UUID, decision: Decision) -> dict[str, object]:
    # ERASED is false, like None.
    return {"patient_id": patient_id, **decision, "by_whom": decision["by_whom"] or None}
