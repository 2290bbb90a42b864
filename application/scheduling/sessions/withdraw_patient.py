"""Takes a person off a session's roster; who has waited longest moves up in the same append."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.reach import own_session
from application.scheduling.sessions.roster_change import ROSTER_TRIES, commit_roster, in_turn, session_and_person
from domain.scheduling.sessions.group_session import GroupSession


@dataclass(frozen=True, slots=True)
class WithdrawPatient(Command[GroupSession]):
    """The person gives up their seat, or their place in the line."""

    id: UUID
    patient_id: UUID
    expected_version: int | None = None


@handles(WithdrawPatient, needs=Permission.ENROL, within=own_session, tries=ROSTER_TRIES, detects_repeats=True)
def withdraw_patient(log: PracticeLog, command: WithdrawPatient, context: Context) -> Outcome[GroupSession]:
    """Raises what ``GroupSession.withdraw`` raises."""
    with in_turn(log, command.id, context):
        session, person = session_and_person(log, command)
        session.withdraw(person.ids, context.now)
        return commit_roster(log, session, context)
