"""Gives a person a seat in a session, or a place in the line of those who wait for one."""

from dataclasses import dataclass
from uuid import UUID

from application.patients.person import Person, refuse_gone
from application.scheduling.sessions.roster_change import PersonHandler
from domain.patients.standing import PatientSeen
from domain.scheduling.sessions.group_session import GroupSession


@dataclass(frozen=True, slots=True)
class EnrolPatient:
    """``waits``: if every seat is taken, wait for one."""

    id: UUID
    patient_id: UUID
    waits: bool = False
    expected_version: int | None = None


class EnrolPatientHandler(PersonHandler[EnrolPatient]):
    """Carries out EnrolPatient."""

    def relies_on(self, command: EnrolPatient) -> PatientSeen:
        return PatientSeen(command.patient_id)

    def ask(self, session: GroupSession, person: Person, command: EnrolPatient) -> None:
        """Raises NotFoundError, PatientMergedError, and what ``GroupSession.enrol`` raises."""
        refuse_gone(person, command.patient_id)
        session.enrol(command.patient_id, person.ids, self._clock.now(), waits=command.waits)
