"""Patients as they are answered."""

from domain.patients.patient import Patient
from projections.patients.queries import PatientRecord


def show(patient: Patient) -> dict[str, object]:
    # ERASED is false, as None is: what is gone is shown as missing, and ``erased`` says why.
    return {
        "erased": patient.is_erased,
        "given_name": _unless_erased(patient, patient.given_name),
        "family_name": _unless_erased(patient, patient.family_name),
        "email": _unless_erased(patient, patient.email),
        "phone": _unless_erased(patient, patient.phone),
        "date_of_birth": _unless_erased(patient, patient.date_of_birth),
        "zone": patient.zone,
        "locale": patient.locale,
        "tags": _unless_erased(patient, patient.tags) or [],
    }


def show_record(patient: PatientRecord) -> dict[str, object]:
    known = patient.details
    return {
        "id": patient.patient_id,
        "version": patient.version,
        "erased": patient.is_erased,
        "given_name": known and known.given_name,
        "family_name": known and known.family_name,
        "email": known and known.email,
        "phone": known and known.phone,
        "date_of_birth": known and known.date_of_birth,
        "zone": patient.zone,
        "locale": patient.locale,
        "tags": known.tags if known else (),
    }


def _unless_erased(patient: Patient, value: object) -> object:
    return None if patient.is_erased else value or None
