"""Changes what is known of a patient."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypedDict
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from application.patients.phone import phone_at
from domain.kernel.personal_data import Erased
from domain.patients.patient import Patient


class PatientChanges(TypedDict, total=False):
    """What may be changed; the phone number as people write it."""

    given_name: str
    family_name: str
    email: str | None
    phone: str | None
    date_of_birth: date | None
    tags: tuple[str, ...]
    zone: str | None
    locale: str | None
    notes: str | None
    alert: str | None


@dataclass(frozen=True, slots=True)
class ChangePatient:
    id: UUID
    changes: PatientChanges
    expected_version: int | None = None


class ChangePatientHandler(UpdateHandler[ChangePatient, Patient]):
    kind = Patient

    def change(self, log: PracticeLog, thing: Patient, command: ChangePatient) -> None:
        """Raises PatientErasedError, PatientMergedError, InvalidValueError, UnknownZoneError."""
        changes, now = command.changes.copy(), self._clock.now()
        notes = changes.pop("notes", _kept(thing.notes))
        alert = changes.pop("alert", _kept(thing.alert))
        if (phone := changes.get("phone")) is not None:
            changes["phone"] = phone_at(log, phone)
        details = replace(thing.details, **changes)  # type: ignore[misc]  # notes and alert were taken out
        thing.change_details(details, now)
        thing.change_remarks(notes, alert, now)


def _kept(text: str | Erased | None) -> str | None:
    return None if isinstance(text, Erased) else text
