"""The unsealed record of a patient is the aggregate, as far as both know it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from domain.patients.standing import PatientRecord

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


def new_patient(zone: str | None = None) -> Patient:
    details = PatientDetails(given_name="Dana", family_name="Levi", zone=zone)
    return Patient.register(id=uuid7(), details=details, at=NOW)


def record_of(*patients: Patient) -> list[PatientRecord]:
    return [PatientRecord.of(_stored(registered_patient)) for registered_patient in patients]


def _stored(registered_patient: Patient) -> list[tuple[str, dict[str, Any]]]:
    return [(str(getattr(event, "TOPIC", "")), _body(event)) for event in registered_patient.pending_events]


def _body(event: Any) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in vars(event).items()}


class TestPatientRecord:
    def test_follows_details_and_alerts(self) -> None:
        registered_patient = new_patient("Asia/Jerusalem")
        registered_patient.change_remarks(None, "allergic to latex", NOW)

        [record] = record_of(registered_patient)

        assert (record.is_registered, record.zone, record.has_alert) == (True, "Asia/Jerusalem", True)

    def test_follows_a_merge_and_its_undo(self) -> None:
        survivor, other = new_patient(), new_patient()
        survivor.absorb(other, NOW)
        merged = record_of(survivor, other)
        survivor.release(other, NOW)
        parted = record_of(survivor, other)

        assert [(each.merged_into, each.merged_ids) for each in merged] == [(None, (other.id,)), (survivor.id, ())]
        assert [(each.merged_into, each.merged_ids) for each in parted] == [(None, ()), (None, ())]

    def test_follows_withdrawal_and_erasure(self) -> None:
        registered_patient = new_patient()
        registered_patient.change_remarks(None, "allergic to latex", NOW)
        registered_patient.withdraw(NOW)
        [withdrawn] = record_of(registered_patient)
        registered_patient.reinstate(NOW)
        registered_patient.erase(NOW)
        [erased] = record_of(registered_patient)

        assert (withdrawn.is_withdrawn, withdrawn.is_erased) == (True, False)
        assert (erased.is_withdrawn, erased.is_erased, erased.has_alert) == (False, True, False)
