"""Changes the notes of an appointment."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.reach import own_appointment
from domain.patients.errors import PatientErasedError
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment


@dataclass(frozen=True, slots=True)
class ChangeNotes(Change[Appointment]):
    """``notes`` are personal, at most 5000 characters; None or blank removes them."""

    notes: str | None


@handles(ChangeNotes, needs=Permission.CHANGE_VISITS, within=own_appointment)
def change_notes(log: PracticeLog, command: ChangeNotes, context: Context) -> Outcome[Appointment]:
    """Change the notes, in any status. Raises InvalidValueError: too long; PatientErasedError."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    if appointment.change_notes(command.notes, context.now):
        refuse_erased(log, appointment.patient_id)
    return log.commit(appointment, by=context.provenance)


def refuse_erased(log: PracticeLog, patient_id: UUID) -> None:
    """Raise PatientErasedError: new personal data could not be sealed and would be lost."""
    if log.load(Patient, patient_id).is_erased:
        raise PatientErasedError
