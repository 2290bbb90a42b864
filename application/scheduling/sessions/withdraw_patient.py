"""Takes a person off a session's roster; who has waited longest moves up in the same append."""

from dataclasses import dataclass
from uuid import UUID

from application.patients.person import Person
from application.scheduling.sessions.roster_change import PersonHandler
from domain.scheduling.sessions.group_session import GroupSession


@dataclass(frozen=True, slots=True)
class WithdrawPatient:
    """The person gives up their seat, or their place in the line."""

    id: UUID
    patient_id: UUID
    expected_version: int | None = None


class WithdrawPatientHandler(PersonHandler[WithdrawPatient]):
    """Carries out WithdrawPatient."""

    def ask(self, session: GroupSession, person: Person, command: WithdrawPatient) -> None:
        """Raises what ``GroupSession.withdraw`` raises."""
        session.withdraw(person.ids, self._clock.now())
