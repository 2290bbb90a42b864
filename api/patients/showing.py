"""Patients as they are answered: with what staff noted only to those who may read it."""

from collections.abc import Callable

from application.permissions import Action, Actor
from domain.patients.patient import Patient
from projections.patients.records import PatientRecord


def shower(actor: Actor) -> Callable[[Patient], dict[str, object]]:
    """Return what shows a patient to an actor."""
    reads_remarks = actor.may(Action.READ_REMARKS)

    def show(patient: Patient) -> dict[str, object]:
        # ERASED is false, as None is: what is gone is shown as missing, and ``erased`` says why.
        return {
            "erased": patient.is_erased,
            "merged_into": patient.merged_into,
            "merged_ids": sorted(patient.merged_ids),
            "given_name": _unless_erased(patient, patient.given_name),
            "family_name": _unless_erased(patient, patient.family_name),
            "email": _unless_erased(patient, patient.email),
            "phone": _unless_erased(patient, patient.phone),
            "date_of_birth": _unless_erased(patient, patient.date_of_birth),
            "zone": patient.zone,
            "locale": patient.locale,
            "tags": _unless_erased(patient, patient.tags) or [],
            "notes": _unless_erased(patient, patient.notes) if reads_remarks else None,
            "alert": _unless_erased(patient, patient.alert) if reads_remarks else None,
        }

    return show


def show_record(actor: Actor, patient: PatientRecord) -> dict[str, object]:
    known = patient.details
    reads_remarks = actor.may(Action.READ_REMARKS)
    return {
        "id": patient.patient_id,
        "version": patient.version,
        "erased": patient.is_erased,
        "merged_into": patient.merged_into,
        "merged_ids": [one.patient_id for one in patient.merged],
        "given_name": known and known.given_name,
        "family_name": known and known.family_name,
        "email": known and known.email,
        "phone": known and known.phone,
        "date_of_birth": known and known.date_of_birth,
        "zone": patient.zone,
        "locale": patient.locale,
        "tags": known.tags if known else (),
        "notes": patient.remarks.notes if reads_remarks else None,
        "alert": patient.remarks.alert if reads_remarks else None,
    }


def _unless_erased(patient: Patient, value: object) -> object:
    return None if patient.is_erased else value or None
