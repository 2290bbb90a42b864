"""Changes the details, notes and alert of a patient."""

from dataclasses import dataclass, replace

from application.kernel.commands import Change, Changes, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.phone import country_of, phone_at
from domain.kernel.personal_data import Erased
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True)
class ChangePatient(Change[Patient]):
    """``changes`` may include notes and alert; the phone is in any form that people use."""

    changes: Changes


@handles(ChangePatient, needs=Permission.CHANGE_PATIENTS)
def change_patient(log: PracticeLog, command: ChangePatient, context: Context) -> Outcome[Patient]:
    """Raises PatientErasedError, PatientMergedError, InvalidValueError, UnknownZoneError."""
    patient = log.load(Patient, command.id, command.expected_version)
    changes = dict(command.changes)
    notes = changes.pop("notes", _unless_erased(patient.notes))
    alert = changes.pop("alert", _unless_erased(patient.alert))
    if (phone := changes.get("phone")) is not None:
        own = (_unless_erased(changes.get(name, getattr(patient, name))) for name in ("locale", "zone"))
        changes["phone"] = phone_at(log, phone, own_region=country_of(*own))
    details = replace(patient.details, **changes)
    patient.change_details(details, context.now)
    patient.change_remarks(notes, alert, context.now)
    return log.commit(patient, by=context.provenance)


def _unless_erased(text: str | Erased | None) -> str | None:
    return None if isinstance(text, Erased) else text
