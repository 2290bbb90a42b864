"""Changes the notes on an appointment."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from domain.patients.errors import PatientErasedError
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment


@dataclass(frozen=True, slots=True)
class ChangeNotes:
    """``notes`` are free text about a visit: personal, at most 5000 characters; None or nothing takes them away."""

    id: UUID
    notes: str | None
    expected_version: int | None = None


class ChangeNotesHandler(UpdateHandler[ChangeNotes, Appointment]):
    """Carries out ChangeNotes, whatever has become of the visit: it takes no time and gives none up."""

    kind = Appointment

    def change(self, log: PracticeLog, thing: Appointment, command: ChangeNotes) -> None:
        """Raises InvalidValueError: too long; PatientErasedError: nothing may be kept about the patient."""
        if thing.change_notes(command.notes, self._clock.now()):
            refuse_erased(log, thing.patient_id)


def refuse_erased(log: PracticeLog, patient_id: UUID) -> None:
    """Raise PatientErasedError: what were written about the patient could not be sealed, and would be lost without a word."""
    if log.load(Patient, patient_id).is_erased:
        raise PatientErasedError
