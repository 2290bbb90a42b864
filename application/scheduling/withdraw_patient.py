"""Takes a person off a session's roster; who has waited longest moves up in the same append."""

from application.patients.person import person_of
from application.practice_log import PracticeLog
from application.scheduling.roster_change import RosterChange, RosterHandler
from domain.scheduling.session import Session


class WithdrawPatient(RosterChange):
    """The person gives up their seat, or their place in the line."""


class WithdrawPatientHandler(RosterHandler[WithdrawPatient]):
    """Carries out WithdrawPatient."""

    def change(self, log: PracticeLog, thing: Session, command: WithdrawPatient) -> None:
        """Raises NotFoundError: there is no such patient; what ``Session.withdraw`` raises."""
        thing.withdraw(person_of(log, command.patient_id).ids, self._clock.now())
