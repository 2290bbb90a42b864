"""Patients as they are answered: with what staff noted only to those who may read it."""

from collections.abc import Callable

from application.kernel.permissions import Actor, Permission
from domain.kernel.personal_data import Erased
from domain.patients.patient import Patient
from projections.patients.directory.records import PatientRecord


def shower(actor: Actor) -> Callable[[Patient], dict[str, object]]:
    """Return what shows a patient to an actor."""
    reads_remarks = actor.may(Permission.READ_REMARKS)

    def show(patient: Patient) -> dict[str, object]:
        # Also one who was erased since the moment that is shown.
        is_erased = patient.is_erased or isinstance(patient.given_name, Erased)

        def unless_erased(value: object) -> object:
            return None if is_erased else value or None

        # ERASED is false, as None is: what is gone is shown as missing, and ``erased`` says why.
        return {
            "erased": is_erased,
            "withdrawn": patient.is_withdrawn,
            "merged_into": patient.merged_into,
            "merged_ids": sorted(patient.merged_ids),
            "given_name": unless_erased(patient.given_name),
            "family_name": unless_erased(patient.family_name),
            "email": unless_erased(patient.email),
            "phone": unless_erased(patient.phone),
            "date_of_birth": unless_erased(patient.date_of_birth),
            "zone": patient.zone,
            "locale": patient.locale,
            "tags": unless_erased(patient.tags) or [],
            "notes": unless_erased(patient.notes) if reads_remarks else None,
            "alert": unless_erased(patient.alert) if reads_remarks else None,
        }

    return show


def show_record(actor: Actor, patient: PatientRecord) -> dict[str, object]:
    known = patient.details
    reads_remarks = actor.may(Permission.READ_REMARKS)
    return {
        "id": patient.patient_id,
        "version": patient.version,
        "erased": patient.is_erased,
        "withdrawn": patient.is_withdrawn,
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
