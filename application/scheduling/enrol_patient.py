"""Gives a person a seat in a session, or a place in the line of those who wait for one."""

from dataclasses import dataclass
from uuid import UUID

from application.patients.person import require_patient_of
from application.practice_log import PracticeLog
from application.scheduling.roster_change import RosterHandler
from domain.scheduling.session import Session


@dataclass(frozen=True, slots=True)
class EnrolPatient:
    """``waits``: if every seat is taken, wait for one."""

    id: UUID
    patient_id: UUID
    waits: bool = False
    expected_version: int | None = None


class EnrolPatientHandler(RosterHandler[EnrolPatient]):
    """Carries out EnrolPatient."""

    def change(self, log: PracticeLog, thing: Session, command: EnrolPatient) -> None:
        """Raises NotFoundError, PatientMergedError, and what ``Session.enrol`` raises."""
        person = require_patient_of(log, command.patient_id)
        thing.enrol(command.patient_id, person.ids, self._clock.now(), waits=command.waits)
